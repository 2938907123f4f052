"""`labs cluster up|down|status`: the embedded cluster, kept between gradings."""

from __future__ import annotations

import typer

from pocketkube import cluster as pocket

app = typer.Typer(no_args_is_help=True)


@app.command()
def up() -> None:
    """Start the embedded cluster; gradings and kubectl use it until `down`."""
    _tell(pocket.up())


@app.command()
def down() -> None:
    """End it, and everything in it."""
    found = pocket.running()
    if found is None:
        typer.echo("No cluster is up.")
        return
    found.stop()
    typer.echo("The cluster is down.")


@app.command()
def status() -> None:
    """Say whether it is up; exit status 1 when it is not."""
    found = pocket.running()
    if found is None:
        typer.echo("No cluster is up. Start one: labs cluster up")
        raise typer.Exit(1)
    _tell(found)


def _tell(cluster: pocket.Cluster) -> None:
    typer.echo(f"The cluster is up. For kubectl: export KUBECONFIG={cluster.kubeconfig}")
