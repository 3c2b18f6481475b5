import type { Figures, SignalingMode } from "../shared/box";
import { dollars } from "../shared/money";
import type { Order } from "../shared/wire";
import { hops, inTheCloud, sum } from "./cost";

const TOPOLOGY: Record<Figures["topology"], string> = {
  "local-p2p": "Direct, in the hotel",
  "internet-p2p": "Direct, over the internet",
  "cloud-relay": "Through a relay in the cloud",
};

interface Props {
  mode: SignalingMode;
  reached: boolean;
  figures: Figures | null;
}

export function NetworkCard({ mode, reached, figures }: Props) {
  const rows: [string, string][] = [
    ["Signaling", mode],
    ["Transport", reached ? "WebRTC data channel (DTLS)" : "out of reach"],
    ["Topology", figures === null ? "–" : TOPOLOGY[figures.topology]],
    ["Candidates", figures === null ? "–" : candidates(figures)],
    ["Latency", figures?.latencyMs == null ? "–" : `${figures.latencyMs.toFixed(1)} ms`],
    ["Sent", bytes(figures?.bytesSent)],
    ["Received", bytes(figures?.bytesReceived)],
  ];
  return (
    <section class="card" aria-labelledby="network-title">
      <h2 id="network-title">This page's network</h2>
      <dl class="figures">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function CostCard({ order, figures }: { order: Order; figures: Figures | null }) {
  const way = hops(figures);
  return (
    <section class="card" aria-labelledby="cost-title">
      <h2 id="cost-title">Estimated cost</h2>
      <dl class="figures">
        {way.map(({ name, dollars: amount }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{dollars(amount)}</dd>
          </div>
        ))}
        <div class="sum">
          <dt>Sum</dt>
          <dd>{dollars(sum(way))}</dd>
        </div>
        <div>
          <dt>As calls to a cloud, $0.001 each</dt>
          <dd>{dollars(inTheCloud(order))}</dd>
        </div>
      </dl>
    </section>
  );
}

function candidates({ localCandidate, remoteCandidate }: Figures): string {
  return `${localCandidate ?? "?"} → ${remoteCandidate ?? "?"}`;
}

function bytes(count: number | undefined): string {
  if (count === undefined) return "–";
  return count < 1_024 ? `${count} B` : `${(count / 1_024).toFixed(1)} KiB`;
}
