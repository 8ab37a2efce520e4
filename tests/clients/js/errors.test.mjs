// Refusals as the client shows them, and the headers by which a server asks for patience.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import mitt from "mitt";
import {
  ADAPTERS,
  SERVERS,
  client,
  device,
  freshBucket,
  refused,
  remoteTasks,
  unique,
} from "./support.mjs";

/** Status and errno of a refusal. */
const code = async (promise) => {
  const { response, data } = await refused(promise);
  return [response.status, data.errno];
};

describe("refusals", () => {
  it("401 for a stranger, 403 for another user", async () => {
    const bucket = await freshBucket();
    const stranger = client("x", SERVERS.usual, { headers: {} });
    assert.deepEqual(await code(stranger.bucket(bucket).getData()), [401, 104]);
    assert.deepEqual(await code(client("mallory").bucket(bucket).getData()), [403, 121]);
    assert.deepEqual(await code(client("mallory").bucket(unique("none")).getData()), [403, 121]);
  });

  it("404 for what the owner does not have", async () => {
    const bucket = client().bucket(await freshBucket());
    assert.deepEqual(await code(bucket.collection("none").getData()), [404, 110]);
    assert.deepEqual(await code(bucket.collection("none").listRecords()), [404, 111]);
    assert.deepEqual(await code(bucket.collection("tasks").getRecord("none")), [404, 110]);
    assert.deepEqual(await code(bucket.collection("tasks").deleteRecord("none")), [404, 110]);
  });

  it("412 with the stored record when it was changed meanwhile", async () => {
    const tasks = remoteTasks(await freshBucket());
    const { data: stale } = await tasks.createRecord({ title: "v1" });
    await tasks.updateRecord({ id: stale.id, title: "v2" });
    const error = await refused(tasks.updateRecord({ ...stale, title: "v3" }, { safe: true }));
    assert.deepEqual([error.response.status, error.data.errno], [412, 114]);
    assert.equal(error.data.details.existing.title, "v2");
    assert.deepEqual(await code(tasks.deleteRecord(stale, { safe: true })), [412, 114]);
  });

  it("412 when a safe creation meets an existing id, for every kind of object", async () => {
    const id = await freshBucket();
    const bucket = client().bucket(id);
    await bucket.createGroup("g");
    await bucket.collection("tasks").createRecord({ id: "r" });
    for (const again of [
      () => client().createBucket(id, { safe: true }),
      () => bucket.createCollection("tasks", { safe: true }),
      () => bucket.createGroup("g", [], { safe: true }),
      () => bucket.collection("tasks").createRecord({ id: "r" }, { safe: true }),
    ]) {
      assert.deepEqual(await code(again()), [412, 114]);
    }
  });

  it("400 for what the protocol forbids", async () => {
    const bucket = client().bucket(await freshBucket());
    const tasks = bucket.collection("tasks");
    assert.deepEqual(await code(tasks.createRecord({ id: "no spaces" })), [400, 107]);
    assert.deepEqual(await code(tasks.listRecords({ since: "abc" })), [400, 107]);
    assert.deepEqual(await code(bucket.setPermissions({ fly: ["x"] })), [400, 107]);
    assert.deepEqual(await code(bucket.createGroup("g", ["system.Everyone"])), [400, 107]);
  });

  it("404 for a path that is no endpoint", async () => {
    assert.deepEqual(await code(client().execute({ path: "/nowhere", headers: {} })), [404, 111]);
  });
});

describe("a server that asks clients to back off", () => {
  const asked = () => mitt();

  it("is heard in every answer", async () => {
    const events = asked();
    const heard = [];
    events.on("backoff", (until) => heard.push(until));
    const api = client("alice", SERVERS.backoff, { events });
    await api.fetchServerInfo();
    await refused(api.bucket("none").getData());
    assert.equal(heard.filter((until) => until > Date.now()).length, 2);
    assert.ok(api.backoff > 0 && api.backoff <= 10000);
  });

  it("stops the next synchronisation unless told otherwise", async () => {
    const events = asked();
    const bucket = await freshBucket({ remote: SERVERS.backoff });
    const phone = device(bucket, { adapter: ADAPTERS.memory, remote: SERVERS.backoff });
    phone.kinto._options.events = events;
    await phone.create({ title: "x" });
    await phone.sync();
    assert.match((await refused(phone.sync())).message, /back off/);
    assert.ok((await phone.sync({ ignoreBackoff: true })).ok);
  });
});
