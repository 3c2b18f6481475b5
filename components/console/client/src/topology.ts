/** How a connection runs: whose cables it uses, how long it takes, what it costs. */

export interface Topology {
  topology: "local-p2p" | "internet-p2p" | "cloud-relay";
  latencyMs: number | null;
  estimatedCost: number;
  localCandidate?: string;
  remoteCandidate?: string;
  bytesSent: number;
  bytesReceived: number;
}

/** What a gigabyte through a relay costs, in US dollars. */
const RELAY_PER_GB = 0.09;

interface Candidate {
  candidateType?: string;
  address?: string;
  protocol?: string;
}

interface Pair {
  type: string;
  nominated?: boolean;
  state?: string;
  localCandidateId?: string;
  remoteCandidateId?: string;
  bytesSent?: number;
  bytesReceived?: number;
  currentRoundTripTime?: number;
}

export function topologyOf(report: RTCStatsReport, latencyMs: number | null): Topology {
  const entries = [...report.values()] as (Pair & Candidate & { id: string })[];
  const pairs = entries.filter((entry) => entry.type === "candidate-pair" && entry.state === "succeeded");
  const pair = pairs.find((entry) => entry.nominated === true) ?? pairs[0];
  const end = (id: string | undefined): Candidate => entries.find((entry) => entry.id === id) ?? {};
  const [local, remote] = [end(pair?.localCandidateId), end(pair?.remoteCandidateId)];
  const [bytesSent, bytesReceived] = [pair?.bytesSent ?? 0, pair?.bytesReceived ?? 0];
  const topology = reach(local, remote);
  const roundTrip = pair?.currentRoundTripTime;
  return {
    topology,
    latencyMs: latencyMs ?? (roundTrip === undefined ? null : roundTrip * 1_000),
    estimatedCost: topology === "cloud-relay" ? ((bytesSent + bytesReceived) / 1e9) * RELAY_PER_GB : 0,
    localCandidate: describe(local),
    remoteCandidate: describe(remote),
    bytesSent,
    bytesReceived,
  };
}

function describe({ candidateType = "unknown", protocol = "udp", address = "" }: Candidate): string {
  return `${candidateType} ${protocol} ${address}`.trim();
}

function reach(local: Candidate, remote: Candidate): Topology["topology"] {
  if (local.candidateType === "relay" || remote.candidateType === "relay") return "cloud-relay";
  return isNear(local) && isNear(remote) ? "local-p2p" : "internet-p2p";
}

/** An end on a network of the hotel; browsers hide the address of a host. */
function isNear({ candidateType, address }: Candidate): boolean {
  if (address === undefined || address === "" || address.endsWith(".local")) {
    return candidateType !== "srflx";
  }
  return isPrivate(address);
}

/** RFC 1918, loopback, link-local; IPv6 unique local and link-local. */
export function isPrivate(address: string): boolean {
  const v4 = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(address);
  if (v4 !== null) {
    const [first, second] = [Number(v4[1]), Number(v4[2])];
    return (
      first === 10 ||
      first === 127 ||
      (first === 172 && second >= 16 && second < 32) ||
      (first === 192 && second === 168) ||
      (first === 169 && second === 254)
    );
  }
  return /^(::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i.test(address);
}
