# Two stages: build with the development tools, run with the product alone, as a user without rights.
FROM node:26-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:26-bookworm-slim
LABEL org.opencontainers.image.title="Keddah" \
      org.opencontainers.image.description="Authorization sidecar for Hadoop" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 9480 --home-dir /var/lib/keddah --create-home keddah
COPY --from=build /src/package.json /opt/keddah/package.json
COPY --from=build /src/node_modules /opt/keddah/node_modules
COPY --from=build /src/dist /opt/keddah/dist
RUN ln -s /opt/keddah/dist/main.js /usr/local/bin/keddah && chmod 0755 /opt/keddah/dist/main.js
USER keddah
VOLUME /var/lib/keddah
# Data listeners are as the settings say; 9480 is the admin listener, which binds to loopback unless told otherwise.
EXPOSE 9480
HEALTHCHECK --interval=10s --timeout=3s CMD ["node", "-e", "fetch('http://127.0.0.1:9480/healthz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["keddah"]
CMD ["serve", "--config", "/etc/keddah/keddah.yaml"]
