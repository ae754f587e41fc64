using System.Runtime.Versioning;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>The adapter against a real libvirt with real QEMU machines (without KVM, and with nothing to boot).</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LibvirtSnapshotTests : IAsyncLifetime
{
    private const string Drained = "ksmg-upgrade.r1.gw1.2.1.0.7854.drained";

    private static readonly string[] Programs = ["libvirtd", "virsh", "qemu-img", "qemu-system-x86_64"];

    private LibvirtHost? _host;

    private LibvirtHost Host => _host!;

    public async Task InitializeAsync()
    {
        if (Programs.All(program => ServerFactAttribute.Find(program) is not null))
        {
            _host = await LibvirtHost.StartAsync();
        }
    }

    public async Task DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }

    [ServerFact("libvirtd", "virsh", "qemu-system-x86_64", "qemu-io")]
    public async Task A_running_machine_comes_back_as_it_was_disk_and_all()
    {
        await Host.DefineAsync("ksmg-gw1");
        await Host.WriteDiskAsync("ksmg-gw1", 0xAB);
        await Host.VirshAsync("start", "ksmg-gw1");
        LibvirtSnapshotProvider adapter = Adapter();
        Assert.Empty(await adapter.ListAsync("gw1"));

        DateTimeOffset before = TimeProvider.System.GetUtcNow().AddSeconds(-1);
        await adapter.CreateAsync("gw1", Drained);
        NodeSnapshot snapshot = Assert.Single(await adapter.ListAsync("GW1"));
        Assert.Equal((Drained, true), (snapshot.Name, snapshot.IsComplete));
        Assert.InRange(snapshot.CreatedAt, before, TimeProvider.System.GetUtcNow());

        await Host.VirshAsync("destroy", "ksmg-gw1");
        await Host.WriteDiskAsync("ksmg-gw1", 0xCD);
        Assert.Equal([0xCD, 0xCD, 0xCD, 0xCD], await Host.ReadDiskAsync("ksmg-gw1"));
        await adapter.RevertAsync("gw1", Drained);
        Assert.Equal("running", (await Host.VirshAsync("domstate", "ksmg-gw1")).Trim());
        await Host.VirshAsync("destroy", "ksmg-gw1");
        Assert.Equal([0xAB, 0xAB, 0xAB, 0xAB], await Host.ReadDiskAsync("ksmg-gw1"));
    }

    [ServerFact("libvirtd", "virsh", "qemu-system-x86_64", "qemu-io")]
    public async Task A_machine_that_is_switched_off_comes_back_as_it_was()
    {
        Guid id = await Host.DefineAsync("ksmg-gw1");
        LibvirtSnapshotProvider adapter = Adapter(o => o.Domains["gw1"] = id.ToString());
        await adapter.CreateAsync("gw1", Drained);
        await Host.WriteDiskAsync("ksmg-gw1", 0xCD);
        await adapter.RevertAsync("gw1", Drained);
        Assert.Equal([0, 0, 0, 0], await Host.ReadDiskAsync("ksmg-gw1"));
    }

    [ServerFact("libvirtd", "virsh", "qemu-system-x86_64", "qemu-io")]
    public async Task Snapshots_of_others_are_listed_and_never_touched()
    {
        await Host.DefineAsync("ksmg-gw1");
        await Host.VirshAsync("snapshot-create-as", "ksmg-gw1", "by hand");
        await Host.WriteDiskAsync("ksmg-gw1", 0xCD);
        LibvirtSnapshotProvider adapter = Adapter();
        Assert.Equal("by hand", Assert.Single(await adapter.ListAsync("gw1")).Name);

        await FailsAsync(adapter.RevertAsync("gw1", "by hand"), "'by hand' is no snapshot of an upgrade run");
        await FailsAsync(adapter.CreateAsync("gw1", "by hand"), "no snapshot of an upgrade run");
        Assert.Equal([0xCD, 0xCD, 0xCD, 0xCD], await Host.ReadDiskAsync("ksmg-gw1"));
        Assert.Single(await adapter.ListAsync("gw1"));
    }

    /// <summary>The list has a line a name, and a name may have lines, of which one may be like ours or like another's.</summary>
    [ServerFact("libvirtd", "virsh", "qemu-system-x86_64")]
    public async Task A_name_of_several_lines_is_passed_over_wherever_snapshots_are_listed()
    {
        await Host.DefineAsync("ksmg-gw1");
        LibvirtSnapshotProvider adapter = Adapter();
        foreach (string name in (string[])["two&#10;lines", $"like ours&#10;{Drained}", "by hand", "like another&#10;by hand", "&#13;&#10; "])
        {
            string document = Path.Combine(Host.Folder, "snapshot.xml");
            File.WriteAllText(document, $"<domainsnapshot><name>{name}</name></domainsnapshot>");
            await Host.VirshAsync("snapshot-create", "ksmg-gw1", document);
        }

        Assert.Equal(["by hand"], (await adapter.ListAsync("gw1")).Select(s => s.Name));
        Assert.True(Assert.Single(await adapter.TestAsync(["gw1"])).Works);
        await adapter.CreateAsync("gw1", Drained);
        Assert.Equal(["by hand", Drained], (await adapter.ListAsync("gw1")).Select(s => s.Name).Order(StringComparer.Ordinal));
        await adapter.RevertAsync("gw1", Drained);
    }

    /// <summary>Of what is ours nothing is passed over, and of nothing where libvirt itself has failed.</summary>
    [ServerTheory("sh")]
    [InlineData("by hand", "error: Снимок домена не найден", true, null)]
    [InlineData("by hand", "no document", true, null)]
    [InlineData(Drained, "error: Domain snapshot not found: no domain snapshot with matching name", true, null)]
    [InlineData(Drained, "error: Timed out during operation", true, "Timed out")]
    [InlineData(Drained, "no document", true, "cannot be understood")]
    [InlineData("by hand", "error: Cannot recv data: Connection reset by peer", false, "snapshot-list failed: error: gone")]
    public async Task What_cannot_be_read_is_passed_over_only_where_it_is_another_s(string name, string says, bool lives, string? told)
    {
        using PackageFolder folder = new();
        string dies = lives ? string.Empty : "touch \"$0.gone\";";
        string fails = says.StartsWith("error", StringComparison.Ordinal) ? ">&2; exit 1" : string.Empty;
        string virsh = folder["virsh"];
        ProgramFile.Write(virsh, $"""
            #!/bin/sh
            case $* in
              *snapshot-list*) if [ -e "$0.gone" ]; then echo 'error: gone' >&2; exit 1; fi; echo '{name}' ;;
              *snapshot-dumpxml*) {dies} echo '{says}' {fails} ;;
            esac
            """);
        LibvirtSnapshotProvider adapter = new(
            new LibvirtOptions { Uri = "qemu:///session", Domains = { ["gw1"] = "1e8d7a04-6d8c-4f5f-9a59-0d1a0c6f3c11" }, VirshPath = virsh });

        if (told is null)
        {
            Assert.Empty(await adapter.ListAsync("gw1"));
        }
        else
        {
            await FailsAsync(adapter.ListAsync("gw1"), told);
        }
    }

    [Theory]
    [InlineData("ksmg-upgrade.r1/gw1")]
    [InlineData("ksmg-upgrade.r1 --force")]
    [InlineData("--metadata")]
    [InlineData("")]
    public async Task A_name_that_no_hypervisor_takes_is_refused_before_virsh_is_started(string name)
    {
        LibvirtSnapshotProvider adapter = new(new LibvirtOptions { Uri = "qemu:///session", Domains = { ["gw1"] = "ksmg-gw1" }, VirshPath = "no-such-virsh" });
        await FailsAsync(adapter.CreateAsync("gw1", name), "no snapshot of an upgrade run");
        await FailsAsync(adapter.RevertAsync("gw1", name), "no snapshot of an upgrade run");
        await FailsAsync(adapter.ListAsync("gw1"), "no-such-virsh cannot be started");
    }

    [ServerFact("libvirtd", "virsh", "qemu-system-x86_64")]
    public async Task A_second_one_of_the_same_name_is_not_made()
    {
        await Host.DefineAsync("ksmg-gw1");
        LibvirtSnapshotProvider adapter = Adapter();
        await adapter.CreateAsync("gw1", Drained);
        await FailsAsync(adapter.CreateAsync("gw1", Drained), "already; no second one is made");
        Assert.Single(await adapter.ListAsync("gw1"));
    }

    [ServerFact("libvirtd", "virsh", "qemu-system-x86_64", "sh")]
    public async Task One_that_came_to_be_although_virsh_took_too_long_is_seen()
    {
        await Host.DefineAsync("ksmg-gw1");
        string slow = Path.Combine(Host.Folder, "slow-virsh");
        string made = Path.Combine(Host.Folder, "made");
        ProgramFile.Write(slow, $"#!/bin/sh\nvirsh \"$@\"\ncase $* in *snapshot-create-as*) touch '{made}'; sleep 300 ;; esac\n");

        // By a clock of ours: the limit is over when the snapshot is there, however long a busy machine takes over it.
        ManualTime time = new();
        LibvirtSnapshotProvider adapter = Adapter(o => (o.VirshPath, o.SnapshotTimeout) = (slow, TimeSpan.FromSeconds(5)), time);
        Task call = adapter.CreateAsync("gw1", Drained);
        await Eventually.TrueAsync(() => call.IsCompleted || File.Exists(made));
        time.Advance(TimeSpan.FromSeconds(5));
        KsmgException e = await FailsAsync(call, "was not done within 5 s");
        Assert.IsType<TimeoutException>(e.InnerException!.InnerException);
        Assert.True(Assert.Single(await adapter.ListAsync("gw1")).IsComplete);
    }

    [ServerFact("libvirtd", "virsh", "qemu-system-x86_64")]
    public async Task What_libvirt_refuses_is_told_in_its_words()
    {
        await Host.DefineAsync("ksmg-gw1", format: "raw");
        LibvirtSnapshotProvider adapter = Adapter(o => o.Domains["gw2"] = "not-there");
        await FailsAsync(
            adapter.CreateAsync("gw1", Drained),
            "gw1 (machine ksmg-gw1): virsh snapshot-create-as failed: error: unsupported configuration: internal snapshot for disk vda unsupported for storage type raw");
        await FailsAsync(adapter.RevertAsync("gw1", Drained), "virsh snapshot-revert failed: error: ");
        await FailsAsync(adapter.ListAsync("gw2"), "failed to get domain 'not-there'", "gw2");
        await FailsAsync(adapter.ListAsync("gw9"), "known are gw1, gw2", "gw9");

        IReadOnlyList<SelfTestResult> results = await adapter.TestAsync(["gw1", "gw2"]);
        Assert.Equal(
            [
                ("gw1", false, "gw1 (machine ksmg-gw1): its disk vda is raw; libvirt takes internal snapshots of qcow2 alone"),
                ("gw2", false, results[1].Text),
            ],
            results.Select(r => (r.Subject, r.Works, r.Text)));
        Assert.Contains("consent 'no-snapshots:gw1'", results[0].Remedy, StringComparison.Ordinal);
    }

    /// <summary>What the self-test tells is what libvirt does.</summary>
    [ServerTheory("libvirtd", "virsh", "qemu-system-x86_64")]
    [InlineData("qcow2", "", null)]
    [InlineData("qcow2", "<loader readonly='yes' type='pflash'>/no/firmware</loader><nvram>/no/variables</nvram>", "it starts by UEFI")]
    [InlineData("qcow2", "<loader readonly='yes' type='rom'>/no/bios</loader>", null)]
    [InlineData("raw", "", "its disk vda is raw")]
    public async Task Whether_a_snapshot_is_possible_is_known_before_it_is_taken(string format, string firmware, string? why)
    {
        await Host.DefineAsync("ksmg-gw1", format, firmware);
        LibvirtSnapshotProvider adapter = Adapter();

        SelfTestResult result = Assert.Single(await adapter.TestAsync(["gw1"]));

        Assert.True(result.Works == (why is null) && (why is null || result.Text.Contains(why, StringComparison.Ordinal)), result.Text);
        Assert.Empty(await adapter.ListAsync("gw1"));
        if (why is null)
        {
            await adapter.CreateAsync("gw1", Drained);
        }
        else
        {
            await Assert.ThrowsAsync<KsmgException>(() => adapter.CreateAsync("gw1", Drained));
        }
    }

    [ServerFact("libvirtd", "virsh", "qemu-system-x86_64")]
    public async Task Another_machine_of_the_same_name_is_not_touched()
    {
        Guid right = await Host.DefineAsync("ksmg-gw1");
        LibvirtSnapshotProvider adapter = Adapter(o => o.Domains["gw2"] = right.ToString());
        Assert.Empty(await adapter.ListAsync("gw1"));
        await FailsAsync(adapter.ListAsync("gw2"), "and so is node gw1", "gw2");

        await Host.VirshAsync("undefine", "ksmg-gw1");
        Guid wrong = await Host.DefineAsync("ksmg-gw1");
        string refusal = $"the name meant the machine {right} and means {wrong} now";
        await FailsAsync(adapter.ListAsync("gw1"), refusal);
        await FailsAsync(adapter.CreateAsync("gw1", Drained), refusal);
        await FailsAsync(adapter.RevertAsync("gw1", Drained), refusal);
        Assert.Empty(await Adapter().ListAsync("gw1"));
    }

    [ServerFact("libvirtd", "virsh", "qemu-system-x86_64")]
    public async Task A_daemon_that_is_gone_stands_still_or_dies_in_the_middle_is_told()
    {
        await Host.DefineAsync("ksmg-gw1");
        await Host.FreezeAsync();
        KsmgException e = await FailsAsync(Adapter(o => o.Timeout = TimeSpan.FromSeconds(2)).ListAsync("gw1"), "was not done within 2 s");
        Assert.IsType<TimeoutException>(e.InnerException!.InnerException);

        using CancellationTokenSource cancel = new();
        Task call = Adapter().CreateAsync("gw1", Drained, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        Task<IReadOnlyList<NodeSnapshot>> broken = Adapter().ListAsync("gw1");
        await Host.KillAsync();
        await FailsAsync(broken, "virsh domuuid failed: error: ");
        await FailsAsync(Adapter().ListAsync("gw1"), "virsh domuuid failed: error: failed to connect to the hypervisor");
        await Host.RestartAsync();
        Assert.Empty(await Adapter().ListAsync("gw1"));
    }

    private static async Task<KsmgException> FailsAsync(Task call, string text, string node = "gw1")
    {
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => call.WaitAsync(Eventually.Limit));
        Assert.Equal(node, e.Node);
        Assert.Contains(text, e.Message, StringComparison.Ordinal);
        return e;
    }

    private LibvirtSnapshotProvider Adapter(Action<LibvirtOptions>? change = null, TimeProvider? time = null)
    {
        LibvirtOptions options = new() { Uri = Host.Uri, Domains = { ["gw1"] = "ksmg-gw1" } };
        change?.Invoke(options);
        return new LibvirtSnapshotProvider(options, time);
    }
}
