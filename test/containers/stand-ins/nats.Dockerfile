# In place of nats:2.10-alpine where no registry can be reached: Debian's NATS server, with a wget, as that image has.
ARG NODE_IMAGE=node:22-bookworm-slim
FROM ${NODE_IMAGE}
RUN apt-get update && apt-get install -y --no-install-recommends nats-server wget && ln -sf "$(command -v nats-server || echo /usr/sbin/nats-server)" /usr/local/bin/nats-server
