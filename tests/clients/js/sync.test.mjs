// Two devices that edit offline end up with the same records, on both local databases.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ADAPTERS, SERVERS, device, freshBucket, remoteTasks, titles } from "./support.mjs";

for (const [kind, adapter] of Object.entries(ADAPTERS)) {
  describe(`two devices, local database ${kind}`, () => {
    async function pair(options = {}) {
      const bucket = await freshBucket(options);
      const remote = options.remote ?? SERVERS.usual;
      return {
        bucket,
        phone: device(bucket, { adapter, ...options }),
        laptop: device(bucket, { adapter, ...options }),
        server: remoteTasks(bucket, "alice", remote),
      };
    }

    it("a record made offline on one reaches the other", async () => {
      const { phone, laptop } = await pair();
      const { data } = await phone.create({ title: "milk", done: false });
      const pushed = await phone.sync();
      const pulled = await laptop.sync();
      assert.equal(pushed.published.length, 1);
      assert.equal(pulled.created.length, 1);
      assert.equal((await laptop.get(data.id)).data.title, "milk");
    });

    it("records made offline on both are merged", async () => {
      const { phone, laptop, server } = await pair();
      for (let i = 0; i < 30; i += 1) {
        await phone.create({ title: `phone ${i}` });
        await laptop.create({ title: `laptop ${i}` });
      }
      for (const each of [phone, laptop, phone]) assert.ok((await each.sync()).ok);
      const expected = await titles(server);
      assert.equal(Object.keys(expected).length, 60);
      assert.deepEqual(await titles(phone), expected);
      assert.deepEqual(await titles(laptop), expected);
    });

    it("edits of different records meet without a conflict", async () => {
      const { phone, laptop } = await pair();
      const one = (await phone.create({ title: "one" })).data;
      const two = (await phone.create({ title: "two" })).data;
      await phone.sync();
      await laptop.sync();
      await phone.update({ ...(await phone.get(one.id)).data, title: "one, by phone" });
      await laptop.update({ ...(await laptop.get(two.id)).data, title: "two, by laptop" });
      for (const each of [phone, laptop, phone]) {
        const result = await each.sync();
        assert.deepEqual([result.ok, result.conflicts, result.errors], [true, [], []]);
      }
      assert.deepEqual(await titles(phone), await titles(laptop));
      assert.equal((await phone.get(two.id)).data.title, "two, by laptop");
    });

    it("a deletion made offline reaches the other", async () => {
      const { phone, laptop, server } = await pair();
      const kept = (await phone.create({ title: "kept" })).data;
      const gone = (await phone.create({ title: "gone" })).data;
      await phone.sync();
      await laptop.sync();
      await phone.delete(gone.id);
      await phone.sync();
      const result = await laptop.sync();
      assert.equal(result.deleted.length, 1);
      assert.deepEqual(await titles(laptop), { [kept.id]: "kept" });
      assert.deepEqual(await titles(server), { [kept.id]: "kept" });
    });

    it("a record deleted on one and re-created by its id comes back on the other", async () => {
      const { phone, laptop } = await pair();
      const record = (await phone.create({ title: "first life" })).data;
      await phone.sync();
      await laptop.sync();
      await phone.delete(record.id);
      await phone.sync();
      await laptop.sync();
      await phone.create({ id: record.id, title: "second life" }, { useRecordId: true });
      assert.ok((await phone.sync()).ok);
      assert.ok((await laptop.sync()).ok);
      assert.equal((await laptop.get(record.id)).data.title, "second life");
    });

    it("a sync with nothing new changes nothing and keeps its timestamp", async () => {
      const { phone } = await pair();
      await phone.create({ title: "only" });
      await phone.sync();
      const first = await phone.sync();
      const second = await phone.sync();
      assert.equal(second.lastModified, first.lastModified);
      assert.deepEqual(
        [second.created, second.updated, second.deleted, second.published],
        [[], [], [], []],
      );
    });

    it("1,000 records go up, come down, are edited there and come back", async () => {
      const { phone, laptop, server } = await pair({ remote: SERVERS.paged });
      const ids = [];
      for (let i = 0; i < 1000; i += 1) ids.push((await phone.create({ title: `t${i}` })).data.id);
      assert.equal((await phone.sync()).published.length, 1000);
      assert.equal((await laptop.sync()).created.length, 1000);
      assert.deepEqual(await titles(laptop), await titles(phone));

      await laptop.execute(
        (tx) => ids.forEach((id) => tx.update({ ...tx.get(id).data, title: `${id} edited` })),
        { preloadIds: ids },
      );
      assert.equal((await laptop.sync()).published.length, 1000);
      assert.equal((await phone.sync()).updated.length, 1000);
      const expected = Object.fromEntries(ids.map((id) => [id, `${id} edited`]));
      assert.deepEqual(await titles(phone), expected);
      assert.deepEqual(await titles(server), expected);
    });

    it("the local copy can be reset and publishes everything again", async () => {
      const { phone, server } = await pair();
      for (let i = 0; i < 5; i += 1) await phone.create({ title: `t${i}` });
      await phone.sync();
      await server.deleteRecords();
      assert.equal(await phone.resetSyncStatus(), 5);
      const result = await phone.sync();
      assert.equal(result.published.length, 5);
      assert.equal(Object.keys(await titles(server)).length, 5);
    });

    it("the collection's own fields are pulled as metadata", async () => {
      const { phone, server } = await pair();
      await server.setData({ colour: "green" }, { patch: true });
      await phone.sync();
      assert.equal((await phone.metadata()).colour, "green");
    });
  });
}
