"""What S3 documents and documents and log rest on."""

from botocore.exceptions import ClientError

from stand import S3_API, S3_GUIDE, behaviour, code, key, sha256


@behaviour("412 PreconditionFailed", S3_GUIDE + "conditional-writes.html")
def a_put_with_if_none_match_over_an_object(stand):
    name = key()
    stand.put(name)
    return code(stand.put, name=name, IfNoneMatch="*")


@behaviour("200", S3_GUIDE + "conditional-writes.html")
def a_put_with_if_none_match_over_a_delete_marker(stand):
    name = key()
    stand.put(name)
    stand.s3.delete_object(Bucket=stand.bucket, Key=name)
    return code(stand.put, name=name, IfNoneMatch="*")


@behaviour("412 PreconditionFailed", S3_GUIDE + "conditional-writes.html")
def a_copy_with_if_none_match_over_an_object(stand):
    name = key()
    stand.put(name)
    source = {"Bucket": stand.bucket, "Key": name}
    return code(stand.s3.copy_object, Bucket=stand.bucket, Key=name, CopySource=source, IfNoneMatch="*")


@behaviour("412 PreconditionFailed", S3_GUIDE + "conditional-writes.html")
def a_put_with_another_etag_in_if_match(stand):
    name = key()
    stand.put(name)
    return code(stand.put, name=name, IfMatch='"0123456789abcdef0123456789abcdef"')


@behaviour("400 BadDigest, 404", S3_GUIDE + "checking-object-integrity.html")
def a_put_with_the_checksum_of_something_else_and_what_is_there_then(stand):
    name = key()
    refused = code(stand.put, name=name, body=b"two", ChecksumSHA256=sha256(b"one"))
    return f"{refused}, {code(stand.s3.head_object, Bucket=stand.bucket, Key=name).split()[0]}"


@behaviour("none, the same", S3_API + "API_HeadObject.html")
def a_stored_checksum_is_told_where_it_is_asked_for(stand):
    name = key()
    stand.put(name, ChecksumSHA256=sha256(b"one"))
    unasked = stand.s3.head_object(Bucket=stand.bucket, Key=name).get("ChecksumSHA256", "none")
    asked = stand.s3.head_object(Bucket=stand.bucket, Key=name, ChecksumMode="ENABLED").get("ChecksumSHA256")
    return f'{unasked}, {"the same" if asked == sha256(b"one") else asked}'


@behaviour("404 NoSuchKey, x-amz-delete-marker true", S3_GUIDE + "DeleteMarker.html")
def reading_what_a_delete_marker_hides(stand):
    name = key()
    stand.put(name)
    stand.s3.delete_object(Bucket=stand.bucket, Key=name)
    try:
        stand.s3.get_object(Bucket=stand.bucket, Key=name)
    except ClientError as error:
        head = error.response["ResponseMetadata"]
        marker = head["HTTPHeaders"].get("x-amz-delete-marker")
        return f'{head["HTTPStatusCode"]} {error.response["Error"]["Code"]}, x-amz-delete-marker {marker}'
    return "read"


@behaviour("marker latest, two, one", S3_API + "API_ListObjectVersions.html")
def versions_are_listed_newest_first(stand):
    name = key()
    ids = {stand.put(name, b"one")["VersionId"]: "one", stand.put(name, b"two")["VersionId"]: "two"}
    stand.s3.delete_object(Bucket=stand.bucket, Key=name)
    listed = stand.s3.list_object_versions(Bucket=stand.bucket, Prefix=name)
    markers = ["marker latest" if m["IsLatest"] else "marker" for m in listed.get("DeleteMarkers", [])]
    return ", ".join(markers + [ids[v["VersionId"]] + (" latest" if v["IsLatest"] else "") for v in listed["Versions"]])


@behaviour("all, none twice", S3_API + "API_ListObjectVersions.html")
def versions_page_by_page(stand):
    name = key()
    put = sorted(stand.put(name, bytes([n]))["VersionId"] for n in range(5))
    seen, markers = [], {}
    while True:
        page = stand.s3.list_object_versions(Bucket=stand.bucket, Prefix=name, MaxKeys=2, **markers)
        seen += [v["VersionId"] for v in page.get("Versions", [])]
        if not page["IsTruncated"]:
            break
        markers = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    return "all, none twice" if sorted(seen) == put else f"{len(seen)} of {len(put)}"


@behaviour("B, a/, a0, a", S3_API + "API_ListObjectsV2.html")
def keys_are_listed_by_their_bytes(stand):
    folder = key()
    for name in ["a0", "a/", "B", "a"]:
        stand.put(f"{folder}/{name}z")
    listed = stand.s3.list_objects_v2(Bucket=stand.bucket, Prefix=folder + "/")["Contents"]
    return ", ".join(o["Key"].removeprefix(folder + "/").removesuffix("z") for o in listed)


@behaviour("404 NoSuchObjectLockConfiguration", S3_API + "API_GetObjectRetention.html")
def the_lock_of_what_has_none(stand):
    name = key()
    stand.put(name)
    return code(stand.s3.get_object_retention, Bucket=stand.bucket, Key=name)


@behaviour("200, 403 AccessDenied, 200", S3_GUIDE + "object-lock.html")
def a_governance_lock_set_shortened_extended(stand):
    name = key()
    stand.put(name)
    return ", ".join(stand.lock(name, "GOVERNANCE", days) for days in [1, 0.5, 1.5])


@behaviour("200, 403 AccessDenied, 403 AccessDenied", S3_GUIDE + "object-lock.html")
def a_governance_lock_removed_without_the_right_word(stand):
    name = key()
    version = stand.put(name)["VersionId"]
    removed = lambda: code(stand.s3.delete_object, Bucket=stand.bucket, Key=name, VersionId=version)
    return f'{stand.lock(name, "GOVERNANCE", 0.01)}, {removed()}, {stand.lock(name, "GOVERNANCE", 0.005)}'


@behaviour("204, still there", S3_GUIDE + "object-lock.html")
def a_delete_marker_over_a_locked_version(stand):
    name = key()
    version = stand.put(name)["VersionId"]
    stand.lock(name, "GOVERNANCE", 0.01)
    marked = code(stand.s3.delete_object, Bucket=stand.bucket, Key=name)
    there = code(stand.s3.head_object, Bucket=stand.bucket, Key=name, VersionId=version)
    return f'{marked}, {"still there" if there == "200" else there}'
