// What the suites share: where the servers are, users, fresh collections, and "devices".
//
// A device is one user's offline copy: the published client with a database of its own, so two
// devices in one process see each other through the server only. The servers are started by
// test_kinto_js.py, which passes their base URLs in the environment.

import "fake-indexeddb/auto";
import { createRequire } from "node:module";
import kinto from "kinto";

const require = createRequire(import.meta.url);
const { default: Memory } = require("kinto/lib/cjs/adapters/memory.js");

export const Kinto = kinto.default;
export const { KintoClient, BaseAdapter } = kinto;
export const { MANUAL, CLIENT_WINS, SERVER_WINS, PULL_ONLY } = Kinto.syncStrategy;

/** Both local databases that the package ships. */
export const ADAPTERS = {
  IndexedDB: (name, options) => new Kinto.adapters.IDB(name, options),
  memory: () => new Memory(),
};

/** Base URLs: the usual server, one with pages of 50, one that asks to back off, one unused. */
export const SERVERS = {
  usual: address("KINTO_TEST_SERVER"),
  paged: address("KINTO_TEST_PAGED"),
  backoff: address("KINTO_TEST_BACKOFF"),
};

function address(variable) {
  const value = process.env[variable];
  if (!value) {
    throw new Error(`${variable} is not set: run these suites with pytest tests/clients`);
  }
  return value;
}

/** Headers of a user; any name is a user with the basicauth policy. */
export function as(user = "alice") {
  return { Authorization: "Basic " + Buffer.from(`${user}:secret`).toString("base64") };
}

export function client(user = "alice", remote = SERVERS.usual, options = {}) {
  return new KintoClient(remote, { headers: as(user), ...options });
}

let counter = 0;

/** An id that no other test of this run uses. */
export function unique(prefix) {
  counter += 1;
  return `${prefix}-${process.pid}-${counter}`;
}

/** A new bucket holding one collection, "tasks", of `user`; returns the bucket's id. */
export async function freshBucket({ user = "alice", remote = SERVERS.usual } = {}) {
  const bucket = unique("b");
  await client(user, remote).createBucket(bucket);
  await client(user, remote).bucket(bucket).createCollection("tasks");
  return bucket;
}

/** The offline copy of `bucket`'s "tasks" on a machine of its own. */
export function device(bucket, { adapter, user = "alice", remote = SERVERS.usual, hooks } = {}) {
  const db = new Kinto({
    remote,
    bucket,
    headers: as(user),
    adapter,
    adapterOptions: { dbName: unique("device") },
    timeout: 30000,
  });
  return db.collection("tasks", { hooks });
}

/** What a device, or the server, holds: {id: title}, in no order. */
export async function titles(source) {
  const list = "listRecords" in source ? await source.listRecords({ pages: Infinity }) : await source.list();
  return Object.fromEntries(list.data.map((record) => [record.id, record.title]));
}

/** The server's side of `bucket`'s "tasks". */
export function remoteTasks(bucket, user = "alice", remote = SERVERS.usual) {
  return client(user, remote).bucket(bucket).collection("tasks");
}

/** The error of a promise that must be refused. */
export async function refused(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a refusal, got ${JSON.stringify(value)}`);
}
