# The hub: `replica-sync`, which programs.yaml starts in the role `hub`.
# Written, not built here: no container runtime was at hand. From the top of the repository:
#
#   docker buildx build --platform linux/arm64 --file infra/docker/hub.Dockerfile --tag hub:0.1.0 .
#
# There is no shell in the image, so ECS asks the container beside it whether it is ready
# (programs.yaml, `refresh`); `docker run` alone has nothing to ask with.
FROM rust:1.95-bookworm AS built
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package replica-sync --bin replica-sync

# Aurora's certificates are of authorities that no machine trusts by itself. They are all that the
# hub trusts: it calls nobody else.
FROM debian:bookworm-slim AS authorities
ADD https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /rds.pem
RUN grep -q 'BEGIN CERTIFICATE' /rds.pem && chmod 644 /rds.pem

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=authorities /rds.pem /etc/ssl/rds.pem
COPY --from=built /source/target/release/replica-sync /usr/local/bin/replica-sync
ENV SSL_CERT_FILE=/etc/ssl/rds.pem \
    HOTEL_CONFIG=/files/settings.json
EXPOSE 8000
# 65532, as whom programs.yaml gives files away.
USER nonroot
ENTRYPOINT ["/usr/local/bin/replica-sync"]
