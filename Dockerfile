ARG NODE_VERSION=22

FROM node:${NODE_VERSION}-bookworm AS builder
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Compiled, because a prebuilt binary may want a newer C library than the runtime image has.
ENV npm_config_build_from_source=true npm_config_nodedir=/usr/local
RUN npm ci --ignore-scripts && npm rebuild sqlite3 && node -e "require('sqlite3')"
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY apps apps
COPY libs libs
COPY bench bench
RUN npx nest build && npm prune --omit=dev --ignore-scripts

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=builder /app/package.json ./
COPY --from=builder /app/node_modules node_modules
COPY --from=builder /app/dist dist
COPY examples examples
# A new named volume takes its owner from this directory, which lets event-log write without being root.
RUN mkdir /data && chown node:node /data
USER node
CMD ["node", "dist/apps/lab/src/main.js", "--help"]
