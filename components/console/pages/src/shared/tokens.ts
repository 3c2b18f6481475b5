/** The life of a token (RFC 7519), in Unix seconds; nothing when it cannot be read. */
function lifeOf(token: string): { from: number; until: number } | null {
  try {
    const payload = token.split(".")[1] ?? "";
    const text = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const claims: unknown = JSON.parse(text);
    if (typeof claims !== "object" || claims === null) return null;
    const { iat, exp } = claims as { iat?: unknown; exp?: unknown };
    return typeof iat === "number" && typeof exp === "number" ? { from: iat, until: exp } : null;
  } catch {
    return null;
  }
}

/** Whether half of a token's life is over: time to ask for the next. */
export function isDue(token: string, now: number): boolean {
  const life = lifeOf(token);
  return life !== null && now / 1_000 > (life.from + life.until) / 2;
}
