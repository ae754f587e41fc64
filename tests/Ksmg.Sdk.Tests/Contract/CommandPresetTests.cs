using System.Runtime.Versioning;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>The shipped script for govc against a stand-in that writes down how it was called and answers as govc's source says.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class CommandPresetTests : IDisposable
{
    private const string Id = "4222a0c1-0b1e-4c5d-9a3f-7d1e2f3a4b5c";
    private const string Name = "ksmg-upgrade.r1.gw1.2.1.0.7854.drained";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-govc-");

    public void Dispose() => _folder.Delete(recursive: true);

    [ServerFact("bash", "jq", "awk")]
    public async Task Snapshots_are_listed_out_of_the_tree()
    {
        CommandSnapshotProvider adapter = Adapter("""
            [{ "createTime": "2026-11-22T10:00:00.123456Z", "name": "by \"hand\"", "current": false, "childSnapshotList": [
                { "createTime": "2026-11-22T12:00:00+01:00", "name": "ksmg-upgrade.r1.gw1.2.1.0.7854.before", "current": true, "childSnapshotList": null } ] },
             { "createTime": "2026-11-22T12:00:00Z", "name": "other", "current": false, "childSnapshotList": null }]
            """);
        IReadOnlyList<NodeSnapshot> snapshots = await adapter.ListAsync("gw1");
        Assert.Equal(["by \"hand\"", "ksmg-upgrade.r1.gw1.2.1.0.7854.before", "other"], snapshots.Select(s => s.Name));
        Assert.Equal(new(2026, 11, 22, 11, 0, 0, TimeSpan.Zero), snapshots[1].CreatedAt);
        Assert.All(snapshots, s => Assert.True(s.IsComplete));
        Assert.Equal([$"snapshot.tree -json -D -vm.uuid {Id}"], Calls());
        Assert.Empty(await Adapter(string.Empty).ListAsync("gw1"));
    }

    [ServerFact("bash", "jq", "awk")]
    public async Task One_is_created_once_and_reverted_to()
    {
        CommandSnapshotProvider adapter = Adapter(string.Empty);
        await adapter.CreateAsync("gw1", Name);
        await adapter.RevertAsync("gw1", Name);
        Assert.Equal(
            [
                $"snapshot.tree -json -D -vm.uuid {Id}",
                $"snapshot.create -vm.uuid {Id} -m=false -q=false -d taken by an upgrade run {Name}",
                $"snapshot.revert -vm.uuid {Id} {Name}",
                $"vm.power -on -vm.uuid {Id}",
            ],
            Calls());

        adapter = Adapter($$"""[{"createTime":"2026-11-22T10:00:00Z","name":"{{Name}}","childSnapshotList":null}]""");
        Assert.Contains("already", (await Assert.ThrowsAsync<KsmgException>(() => adapter.CreateAsync("gw1", Name))).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Calls(), call => call.StartsWith("snapshot.create", StringComparison.Ordinal));
    }

    [ServerFact("bash", "jq", "awk")]
    public async Task What_govc_refuses_and_what_is_not_listed_are_failures()
    {
        CommandSnapshotProvider adapter = Adapter(null);
        Assert.Contains("govc: no such VM", (await Assert.ThrowsAsync<KsmgException>(() => adapter.ListAsync("gw1"))).Message, StringComparison.Ordinal);
        Assert.Contains("no such VM", (await Assert.ThrowsAsync<KsmgException>(() => adapter.CreateAsync("gw1", Name))).Message, StringComparison.Ordinal);
        Assert.Contains("no such VM", (await Assert.ThrowsAsync<KsmgException>(() => adapter.RevertAsync("gw1", Name))).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Calls(), call => call.StartsWith("vm.power", StringComparison.Ordinal) || call.StartsWith("snapshot.create", StringComparison.Ordinal));
        Assert.False(Assert.Single(await adapter.TestAsync(["gw1"])).Works);

        adapter = Adapter(string.Empty);
        Assert.Contains(
            "exactly one UUID for node gw7", (await Assert.ThrowsAsync<KsmgException>(() => adapter.ListAsync("gw7"))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "exactly one UUID for node gw2",
            (await Assert.ThrowsAsync<KsmgException>(() => adapter.RevertAsync("gw2", Name))).Message,
            StringComparison.Ordinal);
        Assert.Empty(Calls());
    }

    [ServerFact("bash", "jq", "awk")]
    public async Task Its_own_test_looks_at_every_machine()
    {
        CommandSnapshotProvider adapter = Adapter(string.Empty);
        Assert.Contains("node gw2", Assert.Single(await adapter.TestAsync(["gw1"])).Text, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder.FullName, "machines"), $"# nodes\n\ngw1 {Id}\n");
        Assert.All(await adapter.TestAsync(["gw1"]), r => Assert.True(r.Works, r.Text));
        Assert.Equal(
            ["about", $"snapshot.tree -json -D -vm.uuid {Id}"], Calls().Where(call => !call.Contains("-i", StringComparison.Ordinal)).Take(2));
    }

    [ServerFact("bash", "jq", "awk")]
    public async Task Snapshots_of_others_are_refused_by_the_script_too()
    {
        Adapter(string.Empty);
        CommandProgram script = new(Options(), "Snapshots", null);
        Assert.Contains(
            "no snapshot of an upgrade run",
            (await Assert.ThrowsAsync<KsmgException>(() => script.DoAsync("gw1", CancellationToken.None, "revert", "gw1", "by hand"))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "exit code 64",
            (await Assert.ThrowsAsync<KsmgException>(() => script.DoAsync("gw1", CancellationToken.None, "delete", "gw1", Name))).Message,
            StringComparison.Ordinal);
        Assert.Empty(Calls());
    }

    private string[] Calls() => File.Exists(Path.Combine(_folder.FullName, "calls")) ? File.ReadAllLines(Path.Combine(_folder.FullName, "calls")) : [];

    /// <summary>An adapter with a fresh stand-in that prints this tree; without one it fails.</summary>
    private CommandSnapshotProvider Adapter(string? tree)
    {
        string govc = Path.Combine(_folder.FullName, "govc");
        File.Delete(Path.Combine(_folder.FullName, "calls"));
        File.WriteAllText(Path.Combine(_folder.FullName, "tree"), tree ?? string.Empty);
        File.WriteAllText(Path.Combine(_folder.FullName, "machines"), $"gw1 {Id}\ngw2 {Id}\ngw2 {Id}\n");
        ProgramFile.Write(
            govc,
            $"#!/bin/sh\ncd '{_folder.FullName}'\necho \"$@\" >> calls\n{(tree is null ? "echo 'govc: no such VM' >&2; exit 1" : "[ $1 != snapshot.tree ] || cat tree")}\n");
        return new CommandSnapshotProvider(Options());
    }

    private CommandOptions Options() => new()
    {
        Program = "env",
        Arguments =
        {
            $"PATH={_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}",
            "bash",
            Repository.PathOf("scripts", "ksmg-snapshots-govc"),
            Path.Combine(_folder.FullName, "machines"),
        },
    };
}
