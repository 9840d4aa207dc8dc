#!/bin/sh
# Makes the secrets of the compose files, with random values, in deploy/compose/secrets: docs/containers.md. What is there
# already stays. The folder is for its owner only; the files in it can be read by any user, since that of a container is another.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
cd secrets

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

sha256() {
	if command -v sha256sum >/dev/null; then printf %s "$1" | sha256sum; else printf %s "$1" | shasum -a 256; fi | cut -d' ' -f1
}

if [ -e complete ]; then
	echo "The secrets are there already: deploy/compose/secrets. To have new ones, remove that folder first, and recreate the services then." >&2
	exit 0
fi

token=$(random)
metrics_token=$(random)
password=$(random)
printf '%s\n' "$(random)" >cluster-key
printf '%s\n' "$token" >token
printf %s "$metrics_token" >metrics-token
printf %s "$(random)" >grafana-password
cat >tokens.json <<-JSON
	{ "tokens": [
	  { "name": "admin", "role": "admin", "sha256": "$(sha256 "$token")" },
	  { "name": "prometheus", "role": "viewer", "sha256": "$(sha256 "$metrics_token")" } ] }
JSON
printf 'requirepass %s\n' "$password" >redis.conf
printf 'redis://:%s@broker:6379\n' "$password" >redis-url
printf 'authorization { user: onrush, password: "%s" }\n' "$password" >nats.conf
printf 'nats://onrush:%s@broker:4222\n' "$password" >nats-url
chmod 644 cluster-key tokens.json metrics-token grafana-password redis.conf redis-url nats.conf nats-url
: >complete
echo "Made deploy/compose/secrets. The token for the onrush command: export ONRUSH_TOKEN=\$(cat deploy/compose/secrets/token)" >&2
