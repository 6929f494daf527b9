"""`make run` on a fresh machine: it starts, survives the loss of any process, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.stack import DEMO, REPOSITORY, Stack, free_port, wait_for

pytestmark = pytest.mark.e2e

EVERYTHING = ["redis", "web", "speech", "live", "chat", "documents", "work", "default", "beat"]


def run_stack(env: dict[str, str], port: int) -> subprocess.CompletedProcess[str]:
    """A start that is expected to be refused."""
    command = [sys.executable, "manage.py", "run_stack", "--port", str(port)]
    return subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_it_says_where_it_is_and_how_to_sign_in(stack: Stack) -> None:
    assert f"Ready: {stack.url}\n" in stack.log()
    assert "Sign in as demo with the password demo-stentor." in stack.log()
    assert stack.token(DEMO)


def test_the_demo_key_opens_the_api(stack: Stack) -> None:
    key = (stack.home / "demo-api-key").read_text().strip()
    assert httpx.get(f"{stack.url}/api/hello", headers={"X-API-KEY": key}, timeout=30).json() == {
        "message": "Hello, World!"
    }


def test_every_process_is_there_once(stack: Stack) -> None:
    pids = {stack.pid_of(name) for name in EVERYTHING}
    assert len(pids) == len(EVERYTHING)
    assert all(psutil.pid_exists(pid) for pid in pids)


def test_nobody_else_may_read_the_home(stack: Stack) -> None:
    assert (stack.home / "redis").stat().st_mode & 0o077 == 0
    assert (stack.home / "run").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_named_with_the_way_out(stack: Stack, unstarted: Stack) -> None:
    refused = run_stack(unstarted.env, stack.port)
    assert refused.returncode == 1
    assert f"Port {stack.port} is taken" in refused.stderr
    assert f"PORT={stack.port + 1} make run" in refused.stderr
    assert not unstarted.processes()


def test_a_second_stack_in_the_same_home_is_refused(stack: Stack) -> None:
    refused = run_stack(stack.env, free_port())
    assert refused.returncode == 1
    assert f"Another Stentor (process {stack.process.pid}) is using {stack.home}" in refused.stderr
    assert stack.is_ready()


def test_a_redis_that_does_not_answer_is_named(unstarted: Stack) -> None:
    port = free_port()
    refused = run_stack({**unstarted.env, "REDIS_URL": f"redis://:hidden@127.0.0.1:{port}/0"}, free_port())
    assert refused.returncode == 1
    assert f"The Redis of REDIS_URL (127.0.0.1:{port}) cannot be used" in refused.stderr
    assert "hidden" not in refused.stderr


def test_a_home_that_is_too_long_for_a_socket_is_named(unstarted: Stack) -> None:
    deep = unstarted.home / ("deep" * 30)
    deep.mkdir()
    refused = run_stack({**unstarted.env, "STENTOR_HOME": str(deep)}, free_port())
    assert refused.returncode == 1
    assert "too long for a Unix socket" in refused.stderr


def test_production_refuses_weak_values_and_names_each(unstarted: Stack) -> None:
    refused = run_stack({**unstarted.env, "STENTOR_ENV": "prod", "SECRET_KEY": "short"}, free_port())
    assert refused.returncode == 1
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"):
        assert name in refused.stderr
    assert "Traceback" not in refused.stderr


def take_port(stack: Stack) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", stack.port))


def test_a_signal_stops_everything_and_a_second_start_keeps_the_data_and_takes_seconds(unstarted: Stack) -> None:
    unstarted.start()
    anna = unstarted.create_user("anna")
    key = (unstarted.home / "demo-api-key").read_text()
    assert unstarted.stop(signal.SIGINT) == 0  # `stop` looks for what is left
    take_port(unstarted)

    began = time.monotonic()
    unstarted.start()
    assert time.monotonic() - began < 40
    assert unstarted.token(anna)
    assert (unstarted.home / "demo-api-key").read_text() == key
    assert unstarted.stop(signal.SIGHUP) == 0
    take_port(unstarted)


def test_a_signal_during_the_start_stops_everything(unstarted: Stack) -> None:
    unstarted.launch()
    wait_for(lambda: "redis" in unstarted.log(), "the first process starts")
    assert unstarted.stop() == 0


def make_run(stack: Stack) -> list[str]:
    venv = Path(sys.executable).parent.parent
    return ["make", "run", f"VENV={venv}", f"PORT={stack.port}", f"STENTOR_HOME={stack.home}"]


def test_make_asks_for_a_model_at_the_first_start_does_without_a_network_and_stops_by_sigterm(
    unstarted: Stack,
) -> None:
    (unstarted.home / "run" / "models-asked").unlink()
    unstarted.launch(make_run(unstarted))
    unstarted.wait_ready()
    wait_for(
        lambda: "The embedded engine, pocketsphinx, will be used" in unstarted.log(), "it says what it does instead"
    )
    assert unstarted.is_ready()
    unstarted.stop()


def test_ctrl_c_in_the_terminal_of_make_stops_everything(unstarted: Stack) -> None:
    unstarted.launch(make_run(unstarted))
    unstarted.wait_ready()
    os.killpg(unstarted.process.pid, signal.SIGINT)  # a terminal signals all that runs in its foreground
    unstarted.process.wait(40)
    assert not unstarted.processes()
    unstarted.process = None


def test_a_second_ctrl_c_does_not_wait(unstarted: Stack) -> None:
    unstarted.start()
    os.kill(unstarted.pid_of("speech"), signal.SIGSTOP)  # it will not answer to SIGTERM
    unstarted.process.send_signal(signal.SIGINT)
    wait_for(lambda: "Stopping" in unstarted.log(), "the first signal has arrived")
    began = time.monotonic()
    unstarted.stop(signal.SIGINT)
    assert time.monotonic() - began < 10


def test_workers_run_by_themselves_for_systemd(stack: Stack) -> None:
    env = {**stack.env, "REDIS_URL": f"unix://{stack.home}/redis/redis.sock"}
    command = [sys.executable, "manage.py", "run_workers", "--families", "default", "--without-beat"]
    with subprocess.Popen(command, cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, text=True) as workers:
        assert any(" ready." in line for line in workers.stdout)
        inner = psutil.Process(workers.pid).children(recursive=True)
        workers.terminate()
        workers.communicate(timeout=30)
    assert workers.returncode == 0
    assert not [process for process in inner if process.is_running()]


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_killed_process_is_back_within_seconds(make_stack_once: Stack, name: str) -> None:
    make_stack_once.restart(name, signal.SIGKILL)


@pytest.fixture(scope="module")
def make_stack_once() -> object:
    with Stack() as running:
        yield running


def test_a_process_killed_again_and_again_comes_back(make_stack_once: Stack) -> None:
    for _ in range(4):
        make_stack_once.restart("web", signal.SIGKILL)


def test_killing_the_supervisor_leaves_nothing(make_stack_once: Stack) -> None:
    make_stack_once.kill("supervisor")
    assert make_stack_once.process.wait(40) == 1
    assert "The supervisor ended unexpectedly" in make_stack_once.log()
    wait_for(lambda: not make_stack_once.processes(), "everything has ended")
    make_stack_once.process = None  # it was the last one to use it


def test_killing_the_foreground_leaves_nothing(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    stack.process.kill()
    stack.process.wait()
    stack.process = None
    wait_for(lambda: not stack.processes(), "everything has ended", 40)
