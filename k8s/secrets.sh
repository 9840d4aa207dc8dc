#!/bin/sh
# Prints the namespace and the Secrets that k8s/ refers to, as YAML with random values:
#
#   k8s/secrets.sh | kubectl apply --server-side -f -
#   k8s/secrets.sh tokens | kubectl apply --server-side -f -     new tokens for the HTTP API, and nothing else
#
# (--server-side: otherwise kubectl repeats the values in annotations and errors.)
# stderr has the admin's token, once; the Secret holds its hash. ONRUSH_NAMESPACE: another namespace than onrush.
# ONRUSH_BUS: the URL of a broker that you have (overlay external-broker). Cluster key and broker password are
# immutable: to change one, delete its Secret, run this again, and restart what uses it.
set -eu

namespace=${ONRUSH_NAMESPACE:-onrush}
what=${1:-all}
case $what in
all | tokens) ;;
*)
  echo "usage: k8s/secrets.sh [tokens]" >&2
  exit 2
  ;;
esac
case $namespace in
'' | *[!a-z0-9-]* | -* | *-)
  echo "ONRUSH_NAMESPACE is \"$namespace\": lower-case letters, digits and dashes" >&2
  exit 2
  ;;
esac
case ${ONRUSH_BUS:-} in
*[!!-~]* | *\"* | *\\*)
  echo "ONRUSH_BUS has a character that a URL has not" >&2
  exit 2
  ;;
esac

# 256 bits as 64 hexadecimal digits.
random() {
  if command -v openssl >/dev/null 2>&1; then
    openssl rand -hex 32
  else
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
  fi
}

# SHA-256 of the first argument, in hexadecimal.
sha256() {
  if command -v openssl >/dev/null 2>&1; then
    printf %s "$1" | openssl dgst -sha256 -r | cut -c1-64
  else
    printf %s "$1" | sha256sum | cut -c1-64
  fi
}

# head NAME: the beginning of a Secret.
head_of() {
  cat <<EOF
---
apiVersion: v1
kind: Secret
metadata:
  name: $1
  namespace: $namespace
  labels:
    app.kubernetes.io/name: onrush
    app.kubernetes.io/part-of: onrush
type: Opaque
EOF
}

# A pipeline hides a failure of its first part; an empty key must never leave here.
complete() {
  for value in "$@"; do
    [ ${#value} -eq 64 ] || {
      echo "no random numbers or no SHA-256: install openssl" >&2
      exit 1
    }
  done
}

admin=$(random)
metrics=$(random)
admin_sha256=$(sha256 "$admin")
metrics_sha256=$(sha256 "$metrics")
complete "$admin" "$metrics" "$admin_sha256" "$metrics_sha256"

if [ "$what" = all ]; then
  cluster_key=$(random)
  password=$(random)
  password_sha256=$(sha256 "$password")
  complete "$cluster_key" "$password" "$password_sha256"
  cat <<EOF
apiVersion: v1
kind: Namespace
metadata:
  name: $namespace
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/audit: restricted
    pod-security.kubernetes.io/warn: restricted
EOF
  head_of onrush-cluster
  cat <<EOF
immutable: true
stringData:
  cluster-key: $cluster_key
EOF
  # Nobody can log in as the default user. It keeps its permissions because Redis reads its own log as that user when it
  # starts: without them it leaves out every transaction, and forgets sessions that it had acknowledged.
  head_of onrush-broker
  cat <<EOF
immutable: true
stringData:
  password: $password
  redis-url: redis://onrush:$password@onrush-redis:6379
  nats-url: nats://onrush:$password@onrush-nats:4222
  redis.acl: |
    user default off ~* &* +@all
    user onrush on #$password_sha256 ~{onrush}:* &{onrush}:* +@all -@admin -@dangerous +info
  nats-password.conf: |
    password: "$password"
EOF
  [ -z "${ONRUSH_BUS:-}" ] || echo "  url: \"$ONRUSH_BUS\""
fi

head_of onrush-tokens
cat <<EOF
stringData:
  tokens.json: |
    { "tokens": [
      { "name": "admin", "role": "admin", "sha256": "$admin_sha256" },
      { "name": "metrics", "role": "viewer", "sha256": "$metrics_sha256" } ] }
EOF
head_of onrush-metrics
cat <<EOF
stringData:
  token: $metrics
EOF

echo "export ONRUSH_TOKEN=$admin   # of the admin; keep it" >&2
