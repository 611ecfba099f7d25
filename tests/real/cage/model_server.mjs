// The other end of a gateway: a model that answers "fine" to everything, in the shape of Anthropic's
// messages, and a user who asks through the gateway.
//
//   node model_server.mjs DIR
//
// Prints its port on loopback once it listens. `DIR/asked` is the log of what the model was asked: the
// time, the path, and the credentials that came along, as fingerprints. `POST /turn` on `DIR/control.sock`, which
// a test outside of this network can reach, has the gateway at `url` answer one question, with the
// gateway's own `token`, and gives the status and the text of its answer.
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";

const dir = process.argv[2];
const fingerprint = (token) => crypto.createHash("sha256").update(token).digest("hex").slice(0, 12);

const message = (content, stop_reason) => ({
  id: `msg_${crypto.randomUUID()}`,
  type: "message",
  role: "assistant",
  model: "claude",
  content,
  stop_reason,
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
});

/** The answer as it is streamed. */
const events = [
  ["message_start", { message: message([], null) }],
  ["content_block_start", { index: 0, content_block: { type: "text", text: "" } }],
  ["content_block_delta", { index: 0, delta: { type: "text_delta", text: "fine" } }],
  ["content_block_stop", { index: 0 }],
  ["message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 1 } }],
  ["message_stop", {}],
];

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

async function answer(request, response) {
  const { authorization, "x-api-key": key } = request.headers;
  const sent = await body(request);
  const bearer = authorization?.replace(/^Bearer /, "");
  const entry = { at: Date.now(), path: request.url, bearer: bearer ? fingerprint(bearer) : null, key: key ? fingerprint(key) : null };
  fs.appendFileSync(path.join(dir, "asked"), JSON.stringify(entry) + "\n");
  if (!sent.includes('"stream":true')) {
    response.writeHead(200, { "content-type": "application/json" });
    return response.end(JSON.stringify(message([{ type: "text", text: "fine" }], "end_turn")));
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const lines = ([type, rest]) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  response.end(events.map(lines).join(""));
}

/** One question of the user's. */
async function turn(request, response) {
  const { url, token } = JSON.parse(await body(request));
  // Of several agents 2026.9.6 wants one to be named.
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "x-openclaw-agent-id": "main" };
  const messages = [{ role: "user", content: "How are you?" }];
  const asked = { method: "POST", headers, body: JSON.stringify({ model: "openclaw", messages }) };
  const told = await fetch(`${url}/v1/chat/completions`, asked).then(
    async (reply) => ({ status: reply.status, text: await reply.text() }),
    (error) => ({ status: 0, text: String(error.cause ?? error) }),
  );
  response.end(JSON.stringify(told));
}

const model = http.createServer(answer);
http.createServer(turn).listen(path.join(dir, "control.sock"), () => {
  model.listen(0, "127.0.0.1", () => console.log(model.address().port));
});
