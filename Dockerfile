# Gatehouse as a container image: the program, the certificates of public authorities and nothing else, run by nobody in
# particular. `make image` builds it; docs/deployment.md says how to run it.
#
# The base images that build it can be others, as long as they have Node.js 20.19 or later, and Go 1.26, git, a C compiler
# with a static C library, and certificates. Nothing of them is in the image but the certificates.
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim
ARG GO_IMAGE=docker.io/library/golang:1.26-bookworm

FROM ${NODE_IMAGE} AS page
WORKDIR /src/internal/playground/ui
COPY internal/playground/ui/package.json internal/playground/ui/package-lock.json internal/playground/ui/.npmrc ./
RUN npm ci
COPY internal/playground/ui ./
RUN npm run build

FROM ${GO_IMAGE} AS program
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# With .git, from which the program gets its version. A context without it (an archive, a worktree) gives one without.
COPY . .
COPY --from=page /src/internal/playground/dist internal/playground/dist
# Two parts, since the copy of a part belongs to one user: what is read, and what is written to.
RUN mkdir -p /image/read/etc/ssl/certs /image/written/data \
	&& chmod 0700 /image/written/data \
	&& cp /etc/ssl/certs/ca-certificates.crt /image/read/etc/ssl/certs/ \
	&& echo 'gatehouse:x:65532:65532:Gatehouse:/data:/nonexistent' >/image/read/etc/passwd \
	&& echo 'gatehouse:x:65532:' >/image/read/etc/group \
	&& deploy/build -o /image/read/gatehouse

FROM scratch
LABEL org.opencontainers.image.title="Gatehouse" \
	org.opencontainers.image.description="A GraphQL API server: accounts, JWT sessions, permissions and a product catalogue" \
	org.opencontainers.image.licenses="MIT"
COPY --from=program /image/read /
COPY --from=program --chown=65532:65532 /image/written /

# The volume is all that is written to, temporary files too, so that the rest can be read-only.
ENV GATEHOUSE_ADDR=:8080 \
	GATEHOUSE_DATABASE_URL=sqlite:///data/gatehouse.db \
	TMPDIR=/data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/gatehouse", "health"]
ENTRYPOINT ["/gatehouse"]
CMD ["serve"]
