"""Dask's arrays are fitted where they are: in two processes as in one, whatever becomes of a worker on the way."""

import os
import time

import dask
import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster

import mlecore as mle

X = np.random.default_rng(5).gamma(2.0, 1.5, 60_000)


@pytest.fixture(scope="module")
def client():
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 10}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def lazy():
    return da.from_array(X, chunks=10_000)


@pytest.mark.parametrize("family", [mle.Gamma, mle.Weibull, mle.StudentT])
def test_two_processes_find_what_one_finds(client, lazy, family):
    f, g = family.fit(X), family.fit(lazy)
    np.testing.assert_allclose(g.theta, f.theta, rtol=1e-8)
    np.testing.assert_allclose(g.log_likelihood, f.log_likelihood, rtol=1e-12)
    np.testing.assert_allclose(list(g.se.values()), list(f.se.values()), rtol=1e-6)


def test_the_values_stay_where_they_are(client, lazy):
    seen = mle.chunks(lazy).total(lambda piece: {os.getpid()}, lambda parts: set().union(*parts))
    assert os.getpid() not in seen
    assert len(seen) >= 1


def test_a_worker_that_dies_a_slow_chunk_and_a_repeated_one_change_no_answer(
    client, lazy, tmp_path
):
    def chunk(k, trouble):  # within the test, so that the workers need not import it
        mark = tmp_path / "died"
        if trouble and k == 3 and not mark.exists():
            mark.touch()
            os._exit(1)
        if trouble and k == 1:
            time.sleep(0.3)
        return X[10_000 * k : 10_000 * (k + 1)]

    def array(trouble):
        parts = [dask.delayed(chunk)(k, trouble) for k in range(6)]
        return da.concatenate([da.from_delayed(p, (10_000,), float) for p in parts])

    calm = mle.Gamma.fit(array(trouble=False))
    stormy = mle.Gamma.fit(array(trouble=True))
    assert (tmp_path / "died").exists()
    # Where an array happens to lie in memory may change the last digit of its sum.
    np.testing.assert_allclose(stormy.theta, calm.theta, rtol=1e-13)
    assert stormy.log_likelihood == pytest.approx(calm.log_likelihood, rel=1e-14)


def test_an_error_on_a_worker_says_where_the_value_lies(client):
    x = X.copy()
    x[25_003] = -1.0
    said = "index 5,003 of chunk 2, and index 25,003 of the whole source"
    with pytest.raises(mle.SupportError, match=said):
        mle.Gamma.fit(da.from_array(x, chunks=10_000))


def test_weights_go_with_a_dask_array_and_axis_does_not(lazy):
    w = np.arange(X.size) % 3
    f = mle.Normal.fit(lazy, weights=da.from_array(w, chunks=10_000))
    np.testing.assert_allclose(f.theta, mle.Normal.fit(X, w).theta)
    with pytest.raises(mle.DataError, match="a source is one sample"):
        mle.Normal.fit(lazy, axis=0)


def test_a_map_is_read_in_pieces_and_never_whole(tmp_path):
    x = np.tile(X, 5)
    x.tofile(tmp_path / "x")
    mapped = np.memmap(tmp_path / "x", dtype=float)
    f = mle.Weibull.fit(mapped)
    assert f.passes >= 2
    np.testing.assert_allclose(f.theta, mle.Weibull.fit(X).theta, rtol=1e-8)
    g = mle.Gamma.fit(mapped, weights=np.ones(x.size))
    assert g.passes == 1
    np.testing.assert_allclose(g.theta, mle.Gamma.fit(X).theta, rtol=1e-9)
