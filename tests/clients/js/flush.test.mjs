// The client decides from the ETag of an empty answer whether the server lost its data.
// A read that moves that ETag would make every device believe so.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ADAPTERS,
  SERVERS,
  client,
  device,
  freshBucket,
  refused,
  remoteTasks,
  titles,
} from "./support.mjs";

for (const [kind, adapter] of Object.entries(ADAPTERS)) {
  describe(`flushed servers, local database ${kind}`, () => {
    it("an empty collection is never taken for a flushed one", async () => {
      const bucket = await freshBucket();
      const [phone, laptop] = [device(bucket, { adapter }), device(bucket, { adapter })];
      const seen = new Set();
      for (let i = 0; i < 5; i += 1) {
        for (const each of [phone, laptop]) seen.add((await each.sync()).lastModified);
        await remoteTasks(bucket).getTotalRecords();
        await client().bucket(bucket).getData();
      }
      assert.equal(seen.size, 1);
    });

    it("a collection emptied record by record is not taken for a flushed one", async () => {
      const bucket = await freshBucket();
      const phone = device(bucket, { adapter });
      const { id } = (await phone.create({ title: "only" })).data;
      await phone.sync();
      await phone.delete(id);
      await phone.sync();
      assert.ok((await phone.sync()).ok);
      assert.ok((await phone.sync()).ok);
    });

    it("a collection deleted and made again is seen, and everything can be published again", async () => {
      const bucket = await freshBucket();
      const phone = device(bucket, { adapter });
      const { id } = (await phone.create({ title: "kept here" })).data;
      await phone.sync();
      await client().bucket(bucket).deleteCollection("tasks");
      await client().bucket(bucket).createCollection("tasks");

      const error = await refused(phone.sync());
      assert.match(error.message, /Server has been flushed/);
      assert.ok(error.serverTimestamp > error.clientTimestamp);

      await phone.resetSyncStatus();
      assert.ok((await phone.sync()).ok);
      assert.deepEqual(await titles(remoteTasks(bucket)), { [id]: "kept here" });
    });

    it("a collection that lived in the future is seen as flushed when made again", async () => {
      const remote = SERVERS.paged;
      const bucket = await freshBucket({ remote });
      const phone = device(bucket, { adapter, remote });
      const future = Date.now() + 3600000;
      const tasks = remoteTasks(bucket, "alice", remote);
      await tasks.createRecord({ title: "late", last_modified: future });
      await phone.sync();
      const api = client("alice", remote);
      await api.deleteBucket(bucket);
      await api.createBucket(bucket);
      await api.bucket(bucket).createCollection("tasks");
      const error = await refused(phone.sync());
      assert.match(error.message, /Server has been flushed/);
      assert.ok(error.serverTimestamp > future);
    });

    it("another, empty server under the same address is seen as flushed", async () => {
      const bucket = await freshBucket();
      const phone = device(bucket, { adapter });
      await phone.create({ title: "kept here" });
      await phone.sync();
      await client("alice", SERVERS.paged).createBucket(bucket);
      await client("alice", SERVERS.paged).bucket(bucket).createCollection("tasks");
      const error = await refused(phone.sync({ remote: SERVERS.paged }));
      assert.match(error.message, /Server has been flushed/);
    });
  });
}
