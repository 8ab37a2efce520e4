"""The settings `attachment.*`: where files go, and what may be uploaded, for each collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyramid.exceptions import ConfigurationError
from pyramid.settings import asbool

from kinto.core.settings import Section, field

GROUPS = {
    "documents": "pdf rtf odf ods gnumeric abw doc docx xls xlsx",
    "text": "txt",
    "images": "jpg jpe jpeg png gif svg bmp tiff",
    "audio": "wav mp3 aac ogg oga flac",
    "video": "mpeg 3gp avi divx dvr flv mp4 wmv",
    "data": "csv ini json plist xml yaml yml",
    "scripts": "js php pl py rb sh",
    "archives": "gz bz2 zip tar tgz txz 7z",
    "executables": "so exe dll",
}
GROUPS["default"] = " ".join(GROUPS[name] for name in ("documents", "text", "images", "data"))
"""Extensions by the names that the setting `attachment.extensions` may use."""

ANY = "any"
BUILT_IN_TYPES = {".pem": "application/x-pem-file", ".geojson": "application/geojson"}

_PER_RESOURCE = ("randomize", "keep_old_files", "max_size_bytes", "filename_pattern")
_PREFIX = "attachment.resources."


class AttachmentSettings(Section, prefix="attachment.", title="Attachments"):
    """Files on records."""

    base_path: str | None = field(None, help="Folder of the files on this machine.")
    base_url: str = field(
        "", help="Public address of the files; without it they are served by their record's rights."
    )
    extra_base_url: str = field(
        "",
        name="attachment.extra.base_url",
        help="Address shown in the capability, when it is another one.",
    )
    folder: str = field(
        "", help="Folder below it; may hold `{bucket_id}`, `{collection_id}` and `{id}`."
    )
    randomize: bool = field(True, help="Store files under random names.")
    keep_old_files: bool = field(False, help="Never delete the content of files.")
    extensions: str = field(
        "default",
        help="Accepted extensions, and names of groups of them, joined by `+`; `any` for all.",
    )
    mimetypes: str = field("", help="Types by extension: `.ext:type;.ext2:type2`.")
    max_size_bytes: int = field(
        2**30,  # The largest request that waitress takes, too.
        ge=0,
        help="Largest file in bytes; 0 for no limit.",
    )
    filename_pattern: str = field(
        "", help="Stored name; may hold `{filename}`, `{datetime}` and `{rid}`."
    )
    aws_bucket_name: str | None = field(
        None, name="attachment.aws.bucket_name", help="Bucket of an S3-compatible service."
    )
    aws_endpoint_url: str | None = field(
        None, name="attachment.aws.endpoint_url", help="Address of the service, if not Amazon's."
    )
    aws_region: str | None = field(None, name="attachment.aws.region", help="Region of the bucket.")
    aws_access_key: str | None = field(
        None, name="attachment.aws.access_key", help="Access key; else that of the environment."
    )
    aws_secret_key: str | None = field(
        None, name="attachment.aws.secret_key", help="Secret key; else that of the environment."
    )
    aws_acl: str | None = field(
        None, name="attachment.aws.acl", help="Canned ACL of stored objects, `public-read` say."
    )
    upload_grace_seconds: int = field(
        24 * 3600,
        ge=0,
        help="Age in seconds from which unfinished uploads and orphans are collected.",
    )
    uploads_per_user: int = field(
        50, ge=0, help="Unfinished uploads that one user may have; 0 for no limit."
    )


@dataclass(frozen=True)
class Rules:
    """What may be uploaded to a collection, and what becomes of it.

    Attributes:
        extensions: lower case, without dot; None accepts any, and none.
        types: by extension, dot included.
        max_size_bytes: None for no limit.
    """

    folder: str
    randomize: bool
    keep_old_files: bool
    extensions: frozenset[str] | None
    types: Mapping[str, str]
    max_size_bytes: int | None
    filename_pattern: str

    def allows(self, extension: str) -> bool:
        """Whether an extension (lower case, with its dot, maybe empty) is accepted."""
        return self.extensions is None or extension.removeprefix(".") in self.extensions


@dataclass(frozen=True)
class RulesByCollection:
    """The rules of the server, and of the buckets and collections that have their own."""

    default: Rules
    own: Mapping[str, Mapping[str, Any]]

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> RulesByCollection:
        """Read `attachment.*`.

        Raises:
            ConfigurationError: a rule of a bucket or collection is malformed.
        """
        section = AttachmentSettings.from_mapping(settings)
        default = Rules(
            folder=section.folder,
            randomize=section.randomize,
            keep_old_files=section.keep_old_files,
            extensions=_extensions(section.extensions),
            types={**BUILT_IN_TYPES, **_types(section.mimetypes)},
            max_size_bytes=section.max_size_bytes or None,
            filename_pattern=section.filename_pattern,
        )
        own: dict[str, dict[str, Any]] = {}
        for name, value in settings.items():
            if name.startswith(_PREFIX):
                uri, key = _target(name)
                own.setdefault(uri, {})[key] = _typed(key, value)
        return cls(default=default, own=own)

    def of(self, bucket_id: str, collection_id: str) -> Rules:
        """The rules of a collection: its own, then its bucket's, then the server's."""
        bucket = self.own.get(bucket_id, {})
        collection = self.own.get(f"{bucket_id}/{collection_id}", {})
        return replace(self.default, **{**bucket, **collection})

    def keeps_some(self) -> bool:
        """Whether the files of some collection are never to be deleted."""
        return self.default.keep_old_files or any(
            rules.get("keep_old_files") for rules in self.own.values()
        )


def _target(name: str) -> tuple[str, str]:
    parts = name.removeprefix(_PREFIX).split(".")
    if not 2 <= len(parts) <= 3:
        raise ConfigurationError(f"Configuration rule malformed: `{name}`")
    if parts[-1] not in _PER_RESOURCE:
        raise ConfigurationError(f"`{parts[-1]}` is not a supported setting name. Read `{name}`")
    return "/".join(parts[:-1]), parts[-1]


def _typed(key: str, value: Any) -> Any:
    if key == "max_size_bytes":
        return int(value) or None
    return value if key == "filename_pattern" else asbool(value)


def _extensions(text: str) -> frozenset[str] | None:
    found: set[str] = set()
    for word in text.replace("+", " ").split():
        if word == ANY:
            return None
        found.update(GROUPS.get(word, word.lower().removeprefix(".")).split())
    return frozenset(found)


def _types(text: str) -> dict[str, str]:
    pairs = (item.split(":", 1) for item in text.split(";") if ":" in item)
    return {extension.strip().lower(): kind.strip() for extension, kind in pairs}
