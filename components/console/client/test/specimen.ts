// Hotels and their people, made by openssl the way the property's CA makes them.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { p256 } from "@noble/curves/nist.js";

import type { Passport } from "../src/credential";
import { type Key, plainKey } from "../src/key";
import { fromBase64, toBase64url, utf8 } from "../src/octets";

export class Hotel {
  readonly ca: Uint8Array;
  readonly property: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "hotel-client-"));
  readonly #authority: { certificate: Uint8Array; key: Key };

  constructor(property: string) {
    this.property = property;
    this.#key("ca");
    this.#openssl("req", "-x509", "-new", "-key", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=property CA");
    this.ca = this.#der("ca.pem");
    this.#authority = this.leaf("component", "authority");
  }

  /** A leaf with its key. */
  leaf(kind: string, id: string): { certificate: Uint8Array; key: Key } {
    const secret = this.#key(id);
    const uri = `spiffe://hotel.internal/acme/${this.property}/${kind}/${id}`;
    writeFileSync(join(this.#directory, "ext"), `subjectAltName=URI:${uri}\nextendedKeyUsage=clientAuth\n`);
    this.#openssl("req", "-new", "-key", `${id}.key`, "-out", "csr.pem", "-subj", `/CN=${id}`);
    const issue = ["x509", "-req", "-in", "csr.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
    this.#openssl(...issue, "-days", "20", "-extfile", "ext", "-out", `${id}.pem`);
    return { certificate: this.#der(`${id}.pem`), key: plainKey(secret) };
  }

  component(id: string): Passport {
    const { certificate, key } = this.leaf("component", id);
    return { property: this.property, principal: id, role: "component", credential: { certificate }, key };
  }

  /** Somebody with a token that is good for that many seconds. */
  async person(principal: string, role: string, seconds = 3_600): Promise<Passport> {
    const key = plainKey(p256.utils.randomSecretKey());
    const now = Math.floor(Date.now() / 1_000);
    const [x, y] = [key.publicKey.subarray(1, 33), key.publicKey.subarray(33)];
    const cnf = { jwk: { kty: "EC", crv: "P-256", x: toBase64url(x), y: toBase64url(y) } };
    const claims = { tenant: "acme", property: this.property, sub: principal, role, jti: "t", iat: now - 10, exp: now + seconds, cnf };
    const token = await this.token({ typ: "hotel-pop+jwt", alg: "ES256" }, claims);
    return { property: this.property, principal, role, credential: { token }, key };
  }

  async token(header: Record<string, unknown>, claims: unknown, signer = this.#authority): Promise<string> {
    const x5c = [Buffer.from(signer.certificate).toString("base64")];
    const part = (value: unknown): string => toBase64url(utf8(JSON.stringify(value)));
    const text = `${part({ ...header, x5c })}.${part(claims)}`;
    return `${text}.${toBase64url(await signer.key.sign(utf8(text)))}`;
  }

  close(): void {
    rmSync(this.#directory, { recursive: true });
  }

  #key(name: string): Uint8Array {
    this.#openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", `${name}.key`);
    const pem = readFileSync(join(this.#directory, `${name}.key`), "utf8");
    // SEC 1: the secret follows the first seven octets.
    return fromBase64(pem.split("\n").slice(1, -2).join("")).subarray(7, 39);
  }

  #der(name: string): Uint8Array {
    const pem = readFileSync(join(this.#directory, name), "utf8");
    return fromBase64(pem.split("\n").slice(1, -2).join(""));
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { cwd: this.#directory, stdio: "pipe" });
  }
}
