# Faultline's own image: every service and the command line in one, each started by its own command. The stages `modules` and
# `build` do not depend on each other, so that a change of the sources compiles nothing native again.
ARG NODE_VERSION=22

FROM node:${NODE_VERSION}-bookworm AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts
# Compiled, because a prebuilt binary may want a newer C library than the runtime image has; with the headers that came with Node.
RUN npm_config_build_from_source=true npm_config_nodedir="$(dirname "$(dirname "$(command -v node)")")" \
    JOBS=max npm rebuild sqlite3
COPY deploy/image/slim-modules.sh /usr/local/bin/
RUN slim-modules.sh node_modules && node -e "require('sqlite3'); require('typeorm')"

FROM node:${NODE_VERSION}-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY apps apps
COPY libs libs
COPY bench bench
RUN npx nest build && rm -rf dist/bench dist/*.tsbuildinfo

# NATS with the configuration we ship, and without root: a new volume takes its owner from the directory.
FROM nats:2-alpine AS nats
COPY deploy/nats/nats.conf /etc/nats/faultline.conf
RUN mkdir /data && chown 1000:1000 /data
USER 1000:1000
CMD ["nats-server", "--config", "/etc/nats/faultline.conf"]

FROM node:${NODE_VERSION}-bookworm-slim AS faultline
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps \
    FAULTLINE_RUNS_DIR=/data/runs FAULTLINE_STUDIES_DIR=/data/studies FAULTLINE_HEARTBEAT_FILE=/tmp/heartbeat
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY package.json ./
COPY deploy/image/healthy.sh /usr/local/bin/faultline-healthy
COPY --from=build /app/dist dist
COPY examples examples
# A new volume takes its owner from this directory, which lets the event log write without being root.
RUN mkdir -p /data/runs && chown -R node:node /data
USER node
CMD ["node", "dist/apps/lab/src/main.js", "--help"]
