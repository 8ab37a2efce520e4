# @distribution@

A plugin of the Kinto server: it counts the writes of each collection and shows the count at
`/buckets/{bucket}/collections/{collection}/@slug@`.

```bash
pip install --editable ".[test]"    # beside the server
python -m pytest                    # its tests
```

Enable it in the configuration file of the server, and run `kinto migrate`:

```ini
kinto.includes = @slug@
```

| setting | default | meaning |
|---|---|---|
| `@slug@.max_per_request` | `100` | records that one request may write |
