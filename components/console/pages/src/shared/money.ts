/** An amount in minor units, as people of the page's language write it. */
export function money(minor: number, currency: string, decimals = decimalsOf(currency)): string {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const amount = minor / 10 ** decimals;
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency, ...digits }).format(
      amount,
    );
  } catch {
    // Not a code that this browser knows.
    return `${amount.toFixed(decimals)} ${currency}`;
  }
}

function decimalsOf(currency: string): number {
  try {
    const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
    return format.resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** Small sums of the cloud, in dollars, with as many digits as say something: `$0.00012`. */
export function dollars(amount: number): string {
  if (amount === 0) return "$0.00";
  if (amount < 0.000_001) return "under $0.000001";
  const digits = Math.max(2, 1 - Math.floor(Math.log10(amount)));
  return `$${amount.toFixed(digits)}`;
}
