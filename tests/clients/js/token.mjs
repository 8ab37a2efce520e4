// One device that syncs a collection with the credentials it is given, and tries another collection.
// Run by test_account_tokens.py, which reads the line of JSON that it prints.

import "fake-indexeddb/auto";
import kinto from "kinto";

const { REMOTE, BUCKET, AUTHORIZATION, TITLE } = process.env;
const Kinto = kinto.default;

async function synced(collection) {
  const db = new Kinto({
    remote: REMOTE,
    bucket: BUCKET,
    headers: { Authorization: AUTHORIZATION },
    adapterOptions: { dbName: `${collection}-${process.pid}` },
  }).collection(collection);
  await db.create({ title: TITLE });
  try {
    const result = await db.sync();
    const local = (await db.list()).data.map((record) => record.title);
    return { ok: result.ok, titles: local.sort(), errors: result.errors.length };
  } catch (error) {
    return { ok: false, status: error.response?.status };
  }
}

console.log(JSON.stringify({ tasks: await synced("tasks"), other: await synced("other") }));
