from aponta.show.access.attempts import LIMITS, WINDOW_S, Attempts


class Time:
    now = 0.0

    def __call__(self):
        return self.now


def test_the_sixth_wrong_attempt_waits_and_then_may_be_made():
    time = Time()
    attempts = Attempts(time)
    assert [attempts.begin("ana", "a") for _ in range(5)] == [0.0] * 5
    time.now = 100
    assert attempts.begin("ana", "a") == WINDOW_S - 100
    assert attempts.begin("ana", "b") == 0.0 and attempts.begin("bia", "a") == 0.0
    time.now = WINDOW_S
    assert attempts.begin("ana", "a") == 0.0


def test_many_names_from_one_address_and_one_name_from_many_wait_too():
    attempts = Attempts(Time())
    tried = [attempts.begin(f"name {number}", "a") == 0 for number in range(100)]
    assert tried.count(True) == LIMITS["address"]
    tried = [attempts.begin("ana", f"address {number}") == 0 for number in range(100)]
    assert tried.count(True) == LIMITS["name"]


def test_a_right_password_resets_the_count():
    attempts = Attempts(Time())
    for _ in range(100):
        assert attempts.begin("ana", "a") == 0.0
        attempts.succeeded("ana", "a")


def test_what_is_over_is_forgotten():
    time = Time()
    attempts = Attempts(time)
    for number in range(1000):
        time.now = number * WINDOW_S
        attempts.begin("n" * 10_000 + str(number), str(number))
    assert len(attempts._tried) == 3 and sum(len(name) for _, name in attempts._tried) < 300
