// The HTTP client of the package: objects of every kind, permissions, lists, batches.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { SERVERS, client, freshBucket, refused, remoteTasks, unique } from "./support.mjs";

describe("the server presents itself", () => {
  it("tells its protocol version, settings and capabilities", async () => {
    const api = client();
    assert.match(await api.fetchHTTPApiVersion(), /^1\.\d+$/);
    assert.equal((await api.fetchServerSettings()).batch_max_requests, 25);
    assert.equal((await api.fetchServerSettings()).readonly, false);
    assert.ok("basicauth" in (await api.fetchServerCapabilities()));
  });

  it("tells who the caller is", async () => {
    assert.match((await client("alice").fetchUser()).id, /^basicauth:/);
    assert.equal(await client("alice", SERVERS.usual, { headers: {} }).fetchUser(), undefined);
  });
});

describe("buckets", () => {
  it("are created, listed, changed, and deleted", async () => {
    const api = client(unique("owner"));
    const id = unique("b");
    const created = await api.createBucket(id, { data: { colour: "green" } });
    assert.equal(created.data.id, id);
    assert.deepEqual((await api.listBuckets()).data.map((b) => b.id), [id]);

    const bucket = api.bucket(id);
    await bucket.setData({ size: 3 }, { patch: true });
    const { last_modified, ...data } = await bucket.getData();
    assert.deepEqual(data, { id, colour: "green", size: 3 });
    assert.ok(last_modified > created.data.last_modified);

    const replaced = (await bucket.setData({ size: 4 })).data;
    assert.equal("colour" in replaced, false);
    assert.equal((await api.deleteBucket(id)).data.deleted, true);
    assert.deepEqual((await api.listBuckets()).data, []);
  });

  it("get an id from the server when the client gives none", async () => {
    const { data } = await client().createBucket(null);
    assert.match(data.id, /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/);
  });

  it("are deleted all at once, those of other users excepted", async () => {
    const [mine, theirs] = [client(unique("owner")), client(unique("other"))];
    await mine.createBucket(unique("b"));
    await mine.createBucket(unique("b"));
    const kept = (await theirs.createBucket(unique("b"))).data.id;
    assert.equal((await mine.deleteBuckets()).data.length, 2);
    assert.deepEqual((await theirs.listBuckets()).data.map((b) => b.id), [kept]);
  });
});

describe("collections and groups", () => {
  it("collections are created, listed, changed and deleted", async () => {
    const bucket = client().bucket(await freshBucket());
    await bucket.createCollection("notes", { data: { sort: "title" } });
    const ids = (await bucket.listCollections()).data.map((c) => c.id).sort();
    assert.deepEqual(ids, ["notes", "tasks"]);
    assert.equal((await bucket.collection("notes").getData()).sort, "title");
    await bucket.deleteCollection("notes");
    assert.deepEqual((await bucket.listCollections()).data.map((c) => c.id), ["tasks"]);
    assert.equal((await bucket.deleteCollections()).data.length, 1);
  });

  it("groups are created, listed, changed and deleted", async () => {
    const bucket = client().bucket(await freshBucket());
    const { data } = await bucket.createGroup("editors", ["fxa:tarte"]);
    assert.deepEqual(data.members, ["fxa:tarte"]);
    await bucket.updateGroup({ ...data, members: ["fxa:tarte", "fxa:pie"] });
    assert.deepEqual((await bucket.getGroup("editors")).data.members, ["fxa:tarte", "fxa:pie"]);
    await bucket.updateGroup({ id: "editors", note: "x" }, { patch: true });
    assert.deepEqual((await bucket.getGroup("editors")).data.members, ["fxa:tarte", "fxa:pie"]);
    assert.deepEqual((await bucket.listGroups()).data.map((g) => g.id), ["editors"]);
    await bucket.deleteGroup("editors");
    assert.equal((await bucket.deleteGroups()).data.length, 0);
  });

  it("a member of a group gets what the group was given", async () => {
    const bob = client(unique("bob"));
    const id = await freshBucket();
    const bucket = client().bucket(id);
    await bucket.createGroup("readers", [(await bob.fetchUser()).id]);
    await bucket.setPermissions({ read: [`/buckets/${id}/groups/readers`] });
    assert.equal((await bob.bucket(id).getData()).id, id);
    await bucket.updateGroup({ id: "readers", members: [] });
    assert.match((await refused(bob.bucket(id).getData())).message, /HTTP 403/);
  });
});

describe("permissions", () => {
  let owner;
  before(async () => {
    owner = (await client().fetchUser()).id;
  });

  it("of a bucket are set, added and removed", async () => {
    const bucket = client().bucket(await freshBucket());
    await bucket.setPermissions({ read: ["github:n1k0"] });
    assert.deepEqual(await bucket.getPermissions(), { read: ["github:n1k0"], write: [owner] });
    await bucket.addPermissions({ read: ["accounts:gabi"] });
    assert.deepEqual((await bucket.getPermissions()).read.sort(), ["accounts:gabi", "github:n1k0"]);
    await bucket.removePermissions({ read: ["github:n1k0"] });
    assert.deepEqual((await bucket.getPermissions()).read, ["accounts:gabi"]);
  });

  it("of a collection are set, added and removed", async () => {
    const tasks = remoteTasks(await freshBucket());
    await tasks.setPermissions({ read: ["github:n1k0"], "record:create": ["system.Everyone"] });
    await tasks.addPermissions({ write: ["accounts:gabi"] });
    const permissions = await tasks.getPermissions();
    assert.deepEqual(permissions.write.sort(), ["accounts:gabi", owner].sort());
    assert.deepEqual(permissions["record:create"], ["system.Everyone"]);
    await tasks.removePermissions({ write: ["accounts:gabi"] });
    assert.deepEqual((await tasks.getPermissions()).write, [owner]);
  });

  it("of a record are given when it is made and when it is changed", async () => {
    const tasks = remoteTasks(await freshBucket());
    const { data } = await tasks.createRecord({ title: "x" }, { permissions: { read: ["a:b"] } });
    assert.deepEqual((await tasks.getRecord(data.id)).permissions.read, ["a:b"]);
    await tasks.updateRecord({ id: data.id, title: "y" }, { permissions: { read: ["a:c"] } });
    const { data: after, permissions } = await tasks.getRecord(data.id);
    assert.deepEqual([after.title, permissions.read], ["y", ["a:c"]]);
  });

  it("are listed for the caller", async () => {
    const someone = unique("someone");
    const bucket = await freshBucket({ user: someone });
    const { data } = await client(someone).listPermissions();
    const uris = data.map((entry) => entry.uri);
    assert.ok(uris.includes(`/buckets/${bucket}`));
    assert.ok(uris.includes(`/buckets/${bucket}/collections/tasks`));
  });

  it("let a second user write where everyone may", async () => {
    const id = await freshBucket();
    await client().bucket(id).setPermissions({ write: ["system.Everyone"] });
    const { data } = await remoteTasks(id, "bob").createRecord({ title: "by bob" });
    assert.equal((await remoteTasks(id, "alice").getRecord(data.id)).data.title, "by bob");
  });
});

describe("records", () => {
  it("are created, read, replaced, patched and deleted", async () => {
    const tasks = remoteTasks(await freshBucket());
    const { data } = await tasks.createRecord({ title: "foo", tags: ["a"] });
    assert.equal((await tasks.getRecord(data.id)).data.title, "foo");
    await tasks.updateRecord({ id: data.id, title: "bar" }, { patch: true });
    assert.deepEqual((await tasks.getRecord(data.id)).data.tags, ["a"]);
    await tasks.updateRecord({ id: data.id, title: "baz" });
    assert.equal("tags" in (await tasks.getRecord(data.id)).data, false);
    assert.equal((await tasks.deleteRecord(data.id)).data.deleted, true);
    assert.match((await refused(tasks.getRecord(data.id))).message, /HTTP 404/);
  });

  it("keep every value exactly", async () => {
    const tasks = remoteTasks(await freshBucket());
    const value = { text: "é ☃ 𝕏 \u2028", list: [1, 1.5, -0.25, null, true, {}], big: 2 ** 53 - 1 };
    const { data } = await tasks.createRecord({ value });
    assert.deepEqual((await tasks.getRecord(data.id)).data.value, value);
  });

  it("are counted, and their list has one timestamp until it changes", async () => {
    const tasks = remoteTasks(await freshBucket());
    const empty = await tasks.getRecordsTimestamp();
    assert.equal(await tasks.getRecordsTimestamp(), empty);
    const { data } = await tasks.createRecord({});
    assert.equal(await tasks.getRecordsTimestamp(), `"${data.last_modified}"`);
    assert.equal(await tasks.getTotalRecords(), 1);
  });

  it("changed since a timestamp are listed with what was deleted", async () => {
    const tasks = remoteTasks(await freshBucket());
    await tasks.createRecord({ title: "old" });
    const { data: doomed } = await tasks.createRecord({ title: "doomed" });
    const { last_modified: since } = await tasks.listRecords();
    await tasks.deleteRecord(doomed.id);
    const { data: fresh } = await tasks.createRecord({ title: "new" });
    const { data } = await tasks.listRecords({ since, sort: "last_modified" });
    assert.deepEqual(data.map((r) => [r.id, r.deleted]), [
      [doomed.id, true],
      [fresh.id, undefined],
    ]);
  });

  it("are deleted all at once, or those a filter names", async () => {
    const tasks = remoteTasks(await freshBucket());
    for (const n of [1, 2, 3]) await tasks.createRecord({ n });
    assert.equal((await tasks.deleteRecords({ filters: { min_n: 2 } })).data.length, 2);
    assert.equal((await tasks.deleteRecords()).data.length, 1);
    assert.equal(await tasks.getTotalRecords(), 0);
  });
});

describe("lists", () => {
  let tasks;
  before(async () => {
    tasks = remoteTasks(await freshBucket());
    await tasks.batch((batch) => {
      for (let n = 0; n < 20; n += 1) {
        batch.createRecord({ id: `r${String(n).padStart(2, "0")}`, n, even: n % 2 === 0, sub: { n } });
      }
    });
  });

  it("are filtered, sorted and projected", async () => {
    const { data } = await tasks.listRecords({
      filters: { even: true, min_n: 4, lt_n: 10 },
      sort: "-n",
      fields: ["n"],
    });
    assert.deepEqual(data.map((r) => r.n), [8, 6, 4]);
    assert.deepEqual(Object.keys(data[0]).sort(), ["id", "last_modified", "n"]);
  });

  it("are filtered by ids, text and sub-fields", async () => {
    const ids = async (filters) =>
      (await tasks.listRecords({ filters, sort: "id" })).data.map((r) => r.id);
    assert.deepEqual(await ids({ in_id: ["r01", "r02"] }), ["r01", "r02"]);
    assert.equal((await ids({ exclude_id: "r01,r02" })).length, 18);
    assert.deepEqual(await ids({ like_id: "r1*", even: true }), ["r10", "r12", "r14", "r16", "r18"]);
    assert.deepEqual(await ids({ "sub.n": 7 }), ["r07"]);
  });

  it("come page by page, each record once", async () => {
    const seen = [];
    let page = await tasks.listRecords({ limit: 6, sort: "n" });
    for (;;) {
      seen.push(...page.data.map((r) => r.n));
      if (!page.hasNextPage) break;
      page = await page.next();
    }
    assert.deepEqual(seen, [...Array(20).keys()]);
    assert.match((await refused(page.next())).message, /Pagination exhausted/);
  });

  it("come as one when all pages are asked for", async () => {
    const { data, hasNextPage } = await tasks.listRecords({ limit: 3, pages: Infinity });
    assert.deepEqual([data.length, hasNextPage], [20, false]);
  });

  it("come page by page by descending and mixed orders", async () => {
    const { data } = await tasks.listRecords({ limit: 3, pages: Infinity, sort: "even,-n" });
    const expected = [...Array(20).keys()].filter((n) => n % 2).reverse()
      .concat([...Array(20).keys()].filter((n) => n % 2 === 0).reverse());
    assert.deepEqual(data.map((r) => r.n), expected);
  });

  it("are paginated by the server when the client does not ask", async () => {
    const bucket = await freshBucket({ remote: SERVERS.paged });
    const paged = remoteTasks(bucket, "alice", SERVERS.paged);
    await paged.batch((batch) => {
      for (let n = 0; n < 120; n += 1) batch.createRecord({ n });
    });
    const first = await paged.listRecords();
    assert.deepEqual([first.data.length, first.hasNextPage], [50, true]);
    assert.equal((await paged.listRecords({ pages: Infinity })).data.length, 120);
    const deleted = [];
    for (let page; page !== 0; ) {
      page = (await paged.deleteRecords()).data.length;
      deleted.push(page);
    }
    assert.deepEqual(deleted, [50, 50, 20, 0]);
  });
});

describe("batches", () => {
  it("answer in the order of the requests, split by 25", async () => {
    const tasks = remoteTasks(await freshBucket());
    const responses = await tasks.batch((batch) => {
      for (let n = 0; n < 60; n += 1) batch.createRecord({ n });
    });
    assert.deepEqual(responses.map((r) => [r.status, r.body.data.n]), [...Array(60).keys()].map((n) => [201, n]));
    assert.equal(await tasks.getTotalRecords(), 60);
  });

  it("make a bucket, a collection and records in one request", async () => {
    const id = unique("b");
    const responses = await client().batch((batch) => {
      batch.createBucket(id);
      batch.bucket(id).createCollection("c");
      batch.bucket(id).collection("c").createRecord({ title: "x" });
    });
    assert.deepEqual(responses.map((r) => r.status), [201, 201, 201]);
    assert.equal(await client().bucket(id).collection("c").getTotalRecords(), 1);
  });

  it("sort their answers: published, conflicts, skipped, errors", async () => {
    const tasks = remoteTasks(await freshBucket());
    await tasks.createRecord({ id: "taken", title: "first" });
    const outcome = await tasks.batch(
      (batch) => {
        batch.createRecord({ id: "free", title: "x" }, { safe: true });
        batch.createRecord({ id: "taken", title: "second" }, { safe: true });
        batch.deleteRecord("nowhere");
        batch.createRecord({ id: "not an id" });
      },
      { aggregate: true },
    );
    assert.deepEqual(outcome.published.map((r) => r.data.id), ["free"]);
    assert.deepEqual(outcome.conflicts.map((c) => c.remote.title), ["first"]);
    assert.deepEqual(outcome.skipped.map((s) => s.id), ["nowhere"]);
    assert.equal(outcome.errors.length, 1);
  });

  it("a refused request leaves the others standing", async () => {
    const tasks = remoteTasks(await freshBucket());
    const responses = await tasks.batch((batch) => {
      batch.createRecord({ id: "one" });
      batch.updateRecord({ id: "one", title: "stale", last_modified: 1 }, { safe: true });
      batch.createRecord({ id: "two" });
    });
    assert.deepEqual(responses.map((r) => r.status), [201, 412, 201]);
    const { data } = await tasks.listRecords({ sort: "id" });
    assert.deepEqual(data.map((r) => r.id), ["one", "two"]);
  });
});
