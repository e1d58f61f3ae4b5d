# syntax=docker/dockerfile:1
# Builds from a checkout alone. Written against the images' documentation; built only where Docker is at hand.
FROM node:24.21.0-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# No install scripts: every dependency works without, and prepare needs the sources that come next.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24.21.0-trixie-slim
ENV NODE_ENV=production
WORKDIR /opt/lapwing
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist/lapwing*.js /build/dist/THIRD-PARTY.txt ./dist/
COPY --from=build /build/config ./config
# The image's own user "node" (1000): it owns the data and nothing else.
RUN mkdir -p /var/lib/lapwing && chown 1000:1000 /var/lib/lapwing && chmod 0700 /var/lib/lapwing
USER 1000:1000
VOLUME /var/lib/lapwing
EXPOSE 9443
# Ready: the store takes checkpoints. health.listen of the configuration must be this address.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9444/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/lapwing.js"]
CMD ["run", "--config", "/etc/lapwing/lapwing.yaml"]
