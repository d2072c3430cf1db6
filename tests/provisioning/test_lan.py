"""The authorities of the annexes' networks: made with the rest, added to what was there before, written down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from protocol.office.lan import LanAuthority, hosts_of
from protocol.office.seed import parse_seed
from protocol.records.encoding import Value
from provisioning import annexe, files, issuance, lan_authority
from provisioning.commands import main
from tests.edge.support import DESCRIBED, made_seed, typed


def certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def constrained(one: x509.Certificate) -> list[object]:
    names = one.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    return [name.value for name in names if isinstance(name, x509.DNSName)]


def test_each_authority_may_do_less_than_the_one_above_it(tmp_path: Path) -> None:
    made = LanAuthority.from_value(parse_seed(made_seed(tmp_path).read_bytes(), None).lan)
    root, between, own = (certificate(one) for one in (made.root, made.chain[0], made.certificate))
    for issuer, issued, below in ((root, root, 2), (root, between, 1), (between, own, 0)):
        issued.verify_directly_issued_by(issuer)
        basic = issued.extensions.get_extension_for_class(x509.BasicConstraints)
        assert (basic.critical, basic.value.path_length) == (True, below)
        uses = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(uses) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert constrained(root) == ["annexe.internal", "local"]
    assert constrained(own) == list(hosts_of("berkane-05"))


def test_the_root_of_networks_is_not_that_of_seals(tmp_path: Path) -> None:
    made_seed(tmp_path)
    seal, lan = (certificate((tmp_path / "authority" / f"{kind}-root.der").read_bytes()) for kind in ("seal", "lan"))
    assert seal.public_key() != lan.public_key()


def test_an_authority_of_before_gets_one_with_its_next_issuer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "authority"
    typed(["authority", "init", "--demo", "--out", folder])
    for path in lan_authority.files_of(folder):
        path.unlink()
    words = ["annexe", "--authority", str(folder), *DESCRIBED, "--out", str(tmp_path / "berkane-05.keys")]
    assert main(words) == 1
    assert "mulhaqa-provision authority issuer" in capsys.readouterr().err
    typed(["authority", "issuer", "--authority", folder, "--passphrase-file", folder / "passphrase.demo"])
    assert main(words) == 0
    capsys.readouterr()
    typed(["authority", "list", "--authority", folder, "--json", "--kind", "lan"])
    line = json.loads(capsys.readouterr().out)
    above = issuance.fingerprint((folder / lan_authority.CERTIFICATE).read_bytes())
    assert (line["holder"], line["by"]) == ("berkane-05", above)


def test_the_keys_of_an_annexe_of_before_are_read_and_get_one(tmp_path: Path) -> None:
    made_seed(tmp_path)
    path = tmp_path / "berkane-05.keys"
    keys = annexe.load(path)
    values: dict[str, Value] = {name: getattr(keys, name) for name in annexe.AnnexeKeys.__dataclass_fields__}
    del values["lan"]
    files.write_private_values(path, values, force=True)
    assert annexe.load(path).lan is None
    typed(["lan", "--authority", tmp_path / "authority", "--annexe", path])
    renewed = annexe.load(path)
    assert LanAuthority.from_value(renewed.lan).root == (tmp_path / "authority" / "lan-root.der").read_bytes()
    assert (renewed.signing_seed, renewed.credential) == (keys.signing_seed, keys.credential)


def test_a_standby_vouches_for_the_same_names_with_a_key_of_its_own(tmp_path: Path) -> None:
    made_seed(tmp_path)
    first, second = tmp_path / "berkane-05.keys", tmp_path / "standby.keys"
    typed(["standby", "--authority", tmp_path / "authority", "--annexe", first, "--out", second])
    one, other = (LanAuthority.from_value(annexe.load(path).lan) for path in (first, second))
    assert (one.key != other.key, one.root) == (True, other.root)
    assert constrained(certificate(one.certificate)) == constrained(certificate(other.certificate))
