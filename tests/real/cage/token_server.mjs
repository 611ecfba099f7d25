// The world in which the real CLIs run: a proxy that ends TLS itself, and behind it a token server
// that holds a refresh token to be single-use.
//
//   node token_server.mjs DIR    with `key.pem` and `cert.pem` in DIR
//
// Prints its port on loopback once it listens. The same is answered on `DIR/control.sock`, which a
// test outside of this network can reach. `POST /seed` begins families of tokens, `GET /state`
// tells which token of each is alive. `DIR/posts` is the log of the token endpoints, `DIR/requests`
// of everything else. Tokens go out to clients and nowhere else: logs and state have fingerprints.
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";

const dir = process.argv[2];
const inDir = (name) => path.join(dir, name);
/** Of a name: what was seeded, the token that is `alive`, and counters. */
const families = new Map();
/** Every refresh token that was ever given out, and the name of its family. */
const given = new Map();

const fingerprint = (token) => crypto.createHash("sha256").update(String(token)).digest("hex").slice(0, 12);
const log = (name, entry) => fs.appendFileSync(inDir(name), JSON.stringify({ at: Date.now(), ...entry }) + "\n");
const wait = (millis) => new Promise((done) => setTimeout(done, millis));

/** A seed without one of these has it from here. */
const usual = { expires_in: 28800, delay: 0, revokes: true, account: "acct-A" };

function seed(asked) {
  for (const { family, refresh, ...rest } of asked) {
    families.set(family, { ...usual, ...rest, alive: refresh, revoked: false, rotations: 0, reuses: 0 });
    given.set(refresh, family);
  }
}

function state() {
  const entries = [...families].map(([name, { alive, ...rest }]) => [name, { ...rest, alive: fingerprint(alive) }]);
  return Object.fromEntries(entries);
}

/** Unsigned: Codex reads the claims and no signature. */
function jwt(id, family) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iat: now,
    exp: now + family.expires_in,
    jti: id,
    email: "user@example.com",
    "https://api.openai.com/auth": {
      chatgpt_account_id: family.account,
      chatgpt_plan_type: "plus",
      chatgpt_user_id: "user-A",
    },
  };
  return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.canary`;
}

/** Spends a refresh token: what came of it, and the answer. */
function spend(token, isCodex) {
  const name = given.get(token);
  const family = families.get(name);
  const dead = (outcome) => {
    const error = { message: "Your refresh token has already been used.", type: "invalid_request_error", code: "refresh_token_reused" };
    const claude = { error: "invalid_grant", error_description: "Refresh token not found or invalid" };
    return [outcome, isCodex ? 401 : 400, isCodex ? { error } : claude];
  };
  if (!family) return dead("unknown");
  if (family.alive !== token) {
    family.reuses += 1;
    family.revoked ||= family.revokes;
    return dead("reused");
  }
  if (family.revoked) return dead("revoked");
  family.rotations += 1;
  const id = `canary-${name}-${family.rotations}`;
  family.alive = isCodex ? `rt_${id}` : `sk-ant-ort01-${id}`;
  given.set(family.alive, name);
  const common = { refresh_token: family.alive, expires_in: family.expires_in, token_type: "Bearer" };
  const claude = { access_token: `sk-ant-oat01-${id}`, scope: "user:inference user:profile" };
  const codex = { access_token: jwt(`at-${id}`, family), id_token: jwt(`id-${id}`, family) };
  return ["rotated", 200, { ...common, ...(isCodex ? codex : claude) }];
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const text = Buffer.concat(parts).toString();
  try {
    return JSON.parse(text);
  } catch {
    return Object.fromEntries(new URLSearchParams(text));
  }
}

/** The endpoints, which must be asked by their own name where they were asked through the proxy. */
const endpoints = { "/v1/oauth/token": "platform.claude.com", "/oauth/token": "auth.openai.com" };

async function answer(request, response) {
  const reply = (status, value) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
  const { method, headers, url } = request;
  const { pathname } = new URL(url, "http://127.0.0.1");
  const proxied = Boolean(request.socket.encrypted);
  const sent = await body(request);
  if (!proxied && pathname === "/seed") return reply(200, seed(sent) ?? {});
  if (!proxied && pathname === "/state") return reply(200, state());
  if (method === "POST" && endpoints[pathname] && (!proxied || headers.host === endpoints[pathname])) {
    const [outcome, status, value] = spend(sent.refresh_token, pathname === "/oauth/token");
    const family = given.get(sent.refresh_token) ?? null;
    const entry = { family, fingerprint: fingerprint(sent.refresh_token), outcome, proxied };
    log("posts", { path: pathname, ...entry, agent: headers["user-agent"] ?? "" });
    await wait(families.get(family)?.delay ?? 0);
    return reply(status, value);
  }
  const bearer = headers.authorization?.replace(/^Bearer /, "");
  log("requests", { method, host: headers.host, path: pathname, bearer: bearer ? fingerprint(bearer) : null });
  return reply(404, { error: { type: "not_found_error", message: "not here" } });
}

const plain = http.createServer(answer);
const identity = { key: fs.readFileSync(inDir("key.pem")), cert: fs.readFileSync(inDir("cert.pem")) };
const secure = https.createServer(identity, answer);
plain.on("connect", (_, socket, head) => {
  socket.on("error", () => {});
  socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
  if (head.length) socket.unshift(head);
  secure.emit("connection", socket);
});
const control = http.createServer(answer);
control.listen(inDir("control.sock"), () => {
  plain.listen(0, "127.0.0.1", () => console.log(plain.address().port));
});
