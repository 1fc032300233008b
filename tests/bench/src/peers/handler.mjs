// The AWS calls of one of Fude's functions, made by the SDK for JavaScript, and nothing else. Lambda's own runtime for
// Node is not to be had elsewhere: the loop at the end stands for it, and does less.
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { CLIENTS, COMMANDS } from "./commands.mjs";

const typed = (_name, value) =>
  value?.$bytes !== undefined ? Buffer.from(value.$bytes, "base64") : value?.$time ? new Date(value.$time) : value;
const calls = JSON.parse(readFileSync(process.env.BENCH_CALLS, "utf8"), typed);
// The client of Bedrock would speak HTTP/2, which the tape does not
const own = { forcePathStyle: true, requestHandler: new NodeHttpHandler() };
const clients = Object.fromEntries(Object.entries(CLIENTS).map(([name, Client]) => [name, new Client(own)]));

async function handler(event) {
  for (const call of calls[event.calls]) {
    try {
      const answer = await clients[call.service].send(new COMMANDS[call.operation](call.parameters));
      await answer.Body?.transformToByteArray();
    } catch (error) {
      // A condition that does not hold is an answer that the function expects; 501 is the tape's own
      if (error.$metadata?.httpStatusCode === undefined || error.$metadata.httpStatusCode === 501) throw error;
    }
  }
  return { statusCode: 200, body: "{}" };
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const exchange = (method, path, body) =>
  new Promise((resolve, reject) => {
    const sent = request({ agent, host, port, method, path: `/2018-06-01/runtime/${path}` }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve([answer.headers, Buffer.concat(parts)]));
    });
    sent.on("error", reject);
    sent.end(body);
  });

for (;;) {
  const [headers, event] = await exchange("GET", "invocation/next");
  const id = headers["lambda-runtime-aws-request-id"];
  try {
    const answer = await handler(JSON.parse(event));
    await exchange("POST", `invocation/${id}/response`, JSON.stringify(answer));
  } catch (error) {
    await exchange("POST", `invocation/${id}/error`, JSON.stringify({ errorType: error.name, errorMessage: error.message }));
  }
}
