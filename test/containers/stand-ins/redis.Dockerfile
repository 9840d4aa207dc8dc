# In place of redis:7.4-bookworm where no registry can be reached: Debian's Redis, with the user and the folder of that image.
ARG NODE_IMAGE=node:22-bookworm-slim
FROM ${NODE_IMAGE}
RUN apt-get update && apt-get install -y --no-install-recommends redis-server && mkdir -p /data && chown 999:999 /data
