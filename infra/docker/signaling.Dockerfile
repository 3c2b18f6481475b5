# Signaling, which programs.yaml starts in the role `cloud`.
# Written, not built here: no container runtime was at hand. From the top of the repository:
#
#   docker buildx build --platform linux/arm64 --file infra/docker/signaling.Dockerfile --tag signaling:0.1.0 .
#
# There is no shell in the image, so ECS asks the container beside it whether it is ready
# (programs.yaml, `refresh`); `docker run` alone has nothing to ask with.
FROM rust:1.95-bookworm AS built
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package signaling --bin signaling

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=built /source/target/release/signaling /usr/local/bin/signaling
ENV HOTEL_CONFIG=/files/settings.json
EXPOSE 8443
# 65532, as whom programs.yaml gives files away.
USER nonroot
ENTRYPOINT ["/usr/local/bin/signaling"]
