"""Keys in a folder: found by client and name, bad files refused by name, changes seen without a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from inapp_box import ED_KEY

from bot.channels.inapp import FolderKeyring, KeyringError

_SECRET = b"0123456789abcdef0123456789abcdef"


def _pem(key: object) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def test_both_kinds_of_key_are_found_and_fix_their_algorithm(tmp_path: Path) -> None:
    _put(tmp_path, "acme/k1.hs256", b"\n" + _SECRET + b"\n")
    _put(tmp_path, "acme/2026.ed25519.pub", _pem(ED_KEY.public_key()))
    keys = FolderKeyring(tmp_path)
    secret, public = keys.find("acme", "k1"), keys.find("acme", "2026")
    assert secret is not None
    assert public is not None
    assert (secret.algorithm, secret.material) == ("HS256", _SECRET)
    assert public.algorithm == "EdDSA"
    assert keys.find("beta", "k1") is None


def test_a_secret_is_not_in_the_words_for_a_key(tmp_path: Path) -> None:
    _put(tmp_path, "acme/k1.hs256", _SECRET)
    assert _SECRET.decode() not in repr(FolderKeyring(tmp_path).find("acme", "k1"))


def test_a_key_is_changed_without_a_gap_and_without_a_restart(tmp_path: Path) -> None:
    old = _put(tmp_path, "acme/k1.hs256", _SECRET)
    keys = FolderKeyring(tmp_path)
    _put(tmp_path, "acme/k2.hs256", _SECRET[::-1])
    assert keys.find("acme", "k1") is not None
    assert keys.find("acme", "k2") is not None
    old.unlink()
    assert keys.find("acme", "k1") is None


def test_a_new_file_that_is_no_key_is_logged_and_the_others_stay(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _put(tmp_path, "acme/k1.hs256", _SECRET)
    keys = FolderKeyring(tmp_path)
    bad = _put(tmp_path, "acme/k2.hs256", b"short")
    assert keys.find("acme", "k1") is not None
    assert keys.find("acme", "k2") is None
    assert f"key {bad}: 5 bytes are too few" in caplog.text


def test_every_bad_file_is_named_at_the_start(tmp_path: Path) -> None:
    rsa = generate_private_key(public_exponent=65537, key_size=2048).public_key()
    expected = {
        "acme/k1.hs256": "5 bytes are too few for HS256 (at least 32: openssl rand -hex 32)",
        "acme/k2.ed25519.pub": "not an Ed25519 public key in PEM",
        "acme/k3.ed25519.pub": "not an Ed25519 public key in PEM",
        "acme/k4.pem": "unknown kind of key; name it <kid>.hs256 or <kid>.ed25519.pub",
        "staff/k5.hs256": "the folder 'staff' cannot be a client key",
        "team:x/k6.hs256": "the folder 'team:x' cannot be a client key",
    }
    for name, content in zip(expected, [b"short", b"junk", _pem(rsa), _SECRET, _SECRET, _SECRET], strict=True):
        _put(tmp_path, name, content)
    with pytest.raises(KeyringError) as refused:
        FolderKeyring(tmp_path)
    lines = str(refused.value).splitlines()
    assert len(lines) == len(expected)
    for name, words in expected.items():
        assert any(line.startswith(f"key {tmp_path / name}: {words}") for line in lines), name


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    _put(tmp_path, "acme/k1.hs256", _SECRET)
    _put(tmp_path, "acme/k1.ed25519.pub", _pem(ED_KEY.public_key()))
    with pytest.raises(KeyringError, match="two files for kid 'k1'"):
        FolderKeyring(tmp_path)


def test_a_folder_that_is_not_there_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match=r"nowhere: no such folder; .*PLEDGE_INAPP__KEYS"):
        FolderKeyring(tmp_path / "nowhere")


def test_hidden_files_of_editors_and_mounts_are_no_keys(tmp_path: Path) -> None:
    _put(tmp_path, "acme/.k1.hs256.swp", b"x")
    _put(tmp_path, "..data/k1.hs256", b"x")
    FolderKeyring(tmp_path)
