"""The counters as they are stored, and as they should be."""

from __future__ import annotations

import json


def counters_of(storage, bucket_id):
    """`{"": counters of the bucket, "c": those of the collection `c`}`."""
    uri = f"/buckets/{bucket_id}"
    keys = [("quota", uri, "bucket_info")]
    ids = [item["id"] for item in storage.list_all("collection", uri)]
    keys += [("quota", f"{uri}/collections/{name}", "collection_info") for name in ids]
    return {
        name: None
        if found is None
        else {key: value for key, value in found.items() if key not in ("id", "last_modified")}
        for name, found in zip(["", *ids], storage.get_many(keys), strict=True)
    }


def counted(storage, bucket_id):
    """The same, counted here from what is stored."""
    uri = f"/buckets/{bucket_id}"
    found = {}
    total = weight(storage.get("bucket", "", bucket_id))
    total += sum(weight(item) for item in storage.list_all("group", uri))
    records = collections = 0
    for collection in storage.list_all("collection", uri):
        rows = storage.list_all("record", f"{uri}/collections/{collection['id']}")
        size = weight(collection) + sum(map(weight, rows))
        found[collection["id"]] = {"record_count": len(rows), "storage_size": size}
        total, records, collections = total + size, records + len(rows), collections + 1
    found[""] = {
        "collection_count": collections,
        "record_count": records,
        "storage_size": total,
    }
    return found


def weight(obj):
    return len(json.dumps(obj, sort_keys=True, separators=(",", ":")))
