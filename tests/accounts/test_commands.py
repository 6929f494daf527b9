import stat
from dataclasses import dataclass
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from backend.accounts import demo, samples, services
from backend.accounts.models import ApiKey, User

pytestmark = pytest.mark.database


@dataclass(frozen=True)
class Production:
    is_production: bool = True


@pytest.fixture
def home(settings, tmp_path):
    settings.HOME = tmp_path
    return tmp_path


def run(name):
    out = StringIO()
    call_command(name, stdout=out)
    return out.getvalue()


def permissions_of(name):
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


def test_groups_may_do_what_their_names_say(db):
    run("create_groups")

    assert "delete_user" in permissions_of("superuser")
    assert {"view_job", "change_job"} <= permissions_of("netadmin")
    assert "delete_user" not in permissions_of("netadmin")
    assert "view_job" in permissions_of("support")
    assert all(name.startswith("view_") for name in permissions_of("support"))
    assert "view_apikey" not in permissions_of("netadmin") | permissions_of("support")


def test_groups_can_be_created_again(db):
    assert run("create_groups") == run("create_groups")
    assert Group.objects.count() == 3


def test_sample_users_have_their_roles(db):
    run("create_testdb")
    run("create_testdb")

    assert User.objects.count() == 4
    assert User.objects.get(username="imatestin").is_superuser
    assert User.objects.get(username="norbert").groups.get().name == "netadmin"
    assert User.objects.get(username="stefan").groups.get().name == "support"
    assert not User.objects.get(username="thomastest").groups.exists()


def test_samples_of_other_domains_run_in_order(db, monkeypatch):
    monkeypatch.setattr(samples, "_samples", {})
    order = []
    for name in ("first", "second"):
        samples.register(name, lambda name=name: order.append(name) or f"made {name}")

    assert samples.create_all() == ["first: made first", "second: made second"]
    assert order == ["first", "second"]


@pytest.mark.parametrize("name", ["create_testdb", "create_demo"])
def test_known_passwords_are_refused_in_production(db, settings, home, name):
    settings.CONFIG = Production()

    with pytest.raises(CommandError, match="prod"):
        run(name)

    assert not User.objects.exists()


def test_demo_user_signs_in_and_the_key_calls(db, home, api):
    run("create_demo")

    login = api.post("/token/", {"username": "demo@stentor.localhost", "password": "demo-stentor"}, format="json")
    assert login.status_code == 200
    file = home / "demo-api-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert api.get("/api/hello", HTTP_X_API_KEY=file.read_text().strip()).status_code == 200


def test_demo_key_stays_while_it_works(db, home):
    run("create_demo")
    before = demo.key_file().read_text()

    run("create_demo")

    assert demo.key_file().read_text() == before
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("content", ["", "stk_nonsense", None])
def test_demo_key_that_does_not_work_is_replaced(db, home, content):
    run("create_demo")
    if content is None:
        demo.key_file().unlink()
    else:
        demo.key_file().write_text(content)

    run("create_demo")

    assert services.find_key(secret=demo.key_file().read_text().strip()).user.username == "demo"
    assert services.keys_of(user=User.objects.get(username="demo")).count() == 1


def test_demo_login_works_again_after_the_password_was_changed(db, home):
    run("create_demo")
    user = User.objects.get(username="demo")
    services.change_password(user=user, new="quite-another-phrase-7")

    run("create_demo")

    user.refresh_from_db()
    assert user.check_password("demo-stentor")
