import pytest

from backend.accounts import services, tokens
from backend.accounts.models import ApiKey, User
from backend.accounts.signals import access_changed
from backend.core.errors import AppError

pytestmark = pytest.mark.database


@pytest.fixture
def boss(db, client):
    client.force_login(
        User.objects.create_superuser("boss", "boss@example.org", "boss-password-1"),
        backend="backend.accounts.backends.UsernameOrEmailBackend",
    )
    return client


def form_of(response):
    form = response.context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: value for name, value in values.items() if value not in (None, [], False) and name != "password"}


def save_user(client, user, **changes):
    address = f"/admin/accounts/user/{user.pk}/change/"
    values = {**form_of(client.get(address)), **changes}
    for name in ("last_login", "date_joined"):
        moment = values.pop(name, None)
        if moment:
            values |= {f"{name}_0": moment.strftime("%Y-%m-%d"), f"{name}_1": moment.strftime("%H:%M:%S")}
    return client.post(address, {name: value for name, value in values.items() if value is not None})


def test_deactivating_a_user_in_the_admin_ends_their_tokens(boss, owner):
    pair = tokens.token_pair(owner)

    answer = save_user(boss, owner, is_active=None)

    assert answer.status_code == 302
    owner.refresh_from_db()
    assert (owner.is_active, owner.auth_epoch) == (False, 1)
    with pytest.raises(AppError):
        tokens.read_access_token(pair["access"])


def test_new_rights_are_announced_without_ending_tokens(boss, owner):
    told = []

    def listen(sender, *, user, **_):
        told.append(user.username)

    access_changed.connect(listen)
    try:
        save_user(boss, owner, is_staff="on")
    finally:
        access_changed.disconnect(listen)

    assert told == ["owner"]
    owner.refresh_from_db()
    assert (owner.is_staff, owner.auth_epoch) == (True, 0)


def test_password_set_in_the_admin_ends_tokens(boss, owner):
    pair = tokens.token_pair(owner)
    new = {"password1": "quite-another-phrase-7", "password2": "quite-another-phrase-7", "usable_password": "true"}

    assert boss.post(f"/admin/accounts/user/{owner.pk}/password/", new).status_code == 302

    with pytest.raises(AppError):
        tokens.renew(pair["refresh"])


def test_user_can_be_added(boss):
    values = {"username": "newcomer", "email": "newcomer@example.org", "cuid": "", "usable_password": "true"}
    passwords = {"password1": "quite-another-phrase-7", "password2": "quite-another-phrase-7"}

    assert boss.post("/admin/accounts/user/add/", {**values, **passwords}).status_code == 302

    assert User.objects.get(username="newcomer").cuid is None


def test_user_whose_name_differs_only_in_case_is_refused(boss, owner):
    values = {"username": "OWNER", "email": "OWNER@example.org", "cuid": "", "usable_password": "true"}
    passwords = {"password1": "quite-another-phrase-7", "password2": "quite-another-phrase-7"}

    answer = boss.post("/admin/accounts/user/add/", {**values, **passwords})

    assert answer.status_code == 200
    assert not User.objects.filter(username="OWNER").exists()


def test_log_out_everywhere_by_action(boss, owner):
    pair = tokens.token_pair(owner)

    boss.post("/admin/accounts/user/", {"action": "log_out_everywhere", "_selected_action": [owner.pk]})

    with pytest.raises(AppError):
        tokens.read_access_token(pair["access"])


def test_keys_are_shown_without_their_digest_and_revoked(boss, owner):
    key, secret = services.create_key(user=owner, name="a program", scopes=["jobs"])

    page = boss.get(f"/admin/accounts/apikey/{key.pk}/change/").content.decode()
    assert key.prefix in page
    assert key.digest not in page
    assert secret not in page

    boss.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert ApiKey.objects.get().revoked_at is not None
    with pytest.raises(AppError):
        services.find_key(secret=secret)
