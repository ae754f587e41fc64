using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>What a rehearsal foretells is what then happens.</summary>
public sealed class RehearsalTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Undisturbed_it_ends_as_the_run_does_and_takes_as_long(int nodes)
    {
        VirtualRig rig = new(nodes);
        UpgradePlan plan = rig.Plan();
        RehearsedRun rehearsed = Rehearsal(plan).Run();
        UpgradeReport run = rig.Start(plan);

        Assert.Equal(run.End, rehearsed.End);
        Assert.Equal(run.Reason.ToString(), rehearsed.Reason.ToString());
        Assert.Null(rehearsed.Step);
        Assert.Empty(rehearsed.Violations);
        Assert.Empty(rehearsed.Mail.Lost);
        Assert.InRange(rehearsed.Took / (run.LastAt - run.StartedAt), 0.9, 1.1);
        Assert.Equal(run.Nodes.Count, rehearsed.OutOfService.Count);
    }

    [Fact]
    public void It_begins_when_the_next_window_opens()
    {
        MaintenanceWindow window = new() { Zone = "UTC", From = new TimeOnly(22, 0), To = new TimeOnly(4, 0) };
        RehearsedRun tonight = Rehearsal(new VirtualRig(policy: VirtualRig.FastPolicy(3) with { Windows = [window] }).Plan()).Run();
        RehearsedRun now = Rehearsal(new VirtualRig().Plan()).Run();

        Assert.Equal(UpgradeEnd.Completed, tonight.End);
        Assert.InRange(tonight.Took / now.Took, 0.95, 1.05);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_step_and_the_question_at_which_it_stops_are_foretold(string name)
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        UpgradeRehearsal rehearsal = Rehearsal(plan);
        RehearsalFault fault = rehearsal.Faults.Single(f => f.Name == name);
        RehearsedRun rehearsed = rehearsal.Run([fault]);
        foreach (SimulatedFault armed in fault.Faults)
        {
            rig.Cluster.Faults.Arm(armed);
        }

        UpgradeReport run = rig.Start(plan);

        // The same question; the ages of messages in it are those of the moment.
        Assert.Equal((run.End, run.Reason.Key), (rehearsed.End, rehearsed.Reason.Key));
        Assert.Equal(rehearsed.NeedsSomebody ? (run.StoppedAt?.Id, "gw2") : (null, null), (rehearsed.Step, rehearsed.Node));
        Assert.Equal(rehearsed.NeedsSomebody, rehearsed.Step is not null);
        Assert.Empty(rehearsed.Violations);
        Assert.Empty(rehearsed.Mail.Lost);
        Assert.Contains(rig.Cluster.GetEffects(), e => e.Effect == "fault-fired");
    }

    [Fact]
    public void A_copy_has_the_names_roles_builds_and_switches_of_the_cluster()
    {
        VirtualRig rig = new(options: new SimulatedClusterOptions
        {
            Members =
            [
                new("mx-a", NodeRole.Secondary, new(2, 0, 1, 6960), "10.0.0.1:9045"),
                new("mx-b", NodeRole.Control, new(2, 0, 1, 6960), "10.0.0.2:9045"),
                new("mx-c", NodeRole.Secondary, new(2, 0, 1, 6960), "10.0.0.3:9045"),
            ],
        });
        UpgradePlan plan = rig.Plan();
        Assert.False(plan.IsRefused, plan.ToText());
        RehearsedRun rehearsed = Rehearsal(plan).Run();

        Assert.Equal(rig.Start(plan).Reason.ToString(), rehearsed.Reason.ToString());
        Assert.Equal(["mx-a", "mx-b", "mx-c"], rehearsed.OutOfService.Keys.Order());
        Assert.Equal("mx-b", plan.Nodes[^1].Name);
    }

    /// <summary>A node that somebody has set to maintenance is one in the copy, too, and left as it was found.</summary>
    [Theory]
    [InlineData(LoadMode.Drain)]
    [InlineData(LoadMode.Maintenance)]
    public void What_the_balancer_gives_no_mail_gets_none_in_the_rehearsal(LoadMode mode)
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { MaxUnavailable = 2, Accept = [UpgradeConsents.UpgradeOutOfService] });
        rig.Cluster.World.Mail.Balancer.Set("gw3", mode, "human");
        UpgradePlan plan = rig.Plan();
        Assert.False(plan.IsRefused, plan.ToText());
        RehearsedRun rehearsed = Rehearsal(plan).Run();
        UpgradeReport run = rig.Start(plan);

        Assert.Equal((run.End, run.Reason.Key), (rehearsed.End, rehearsed.Reason.Key));
        Assert.Equal(UpgradeEnd.Completed, rehearsed.End);
        Assert.Empty(rehearsed.Violations);
    }

    [Fact]
    public void A_node_that_was_not_receiving_is_no_breach_of_the_rehearsed_run()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { MaxUnavailable = 2, Accept = [UpgradeConsents.UpgradeOutOfService] });
        rig.Cluster.Act("gw3", "receive-off");
        UpgradePlan plan = rig.Plan();
        Assert.False(plan.IsRefused, plan.ToText());
        RehearsedRun rehearsed = Rehearsal(plan).Run();
        Assert.Equal(UpgradeEnd.Completed, rehearsed.End);
        Assert.Empty(rehearsed.Violations);
    }

    [Fact]
    public void The_test_message_that_comes_late_does_come_late()
    {
        UpgradePlan plan = new VirtualRig().Plan();
        UpgradeRehearsal rehearsal = new(plan, Times with { InstallTime = TimeSpan.FromMinutes(2) });
        TimeSpan undisturbed = rehearsal.Run().Took;
        RehearsedRun late = rehearsal.Run([rehearsal.Faults.Single(f => f.Name == "message-late")]);
        Assert.Equal(UpgradeEnd.Completed, late.End);
        Assert.InRange(late.Took - undisturbed, TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void Nodes_that_install_what_is_uploaded_do_so_in_the_rehearsal_too()
    {
        VirtualRig rig = new() { Uploads = UploadWay.Observed with { Installs = true } };
        UpgradePlan plan = rig.Plan();
        RehearsedRun rehearsed = Rehearsal(plan).Run();
        UpgradeReport run = rig.Start(plan);

        Assert.DoesNotContain(plan.Steps, s => s.Id == StepId.Upload);
        Assert.Equal((run.End, UpgradeEnd.Completed), (rehearsed.End, run.End));
        Assert.InRange(rehearsed.Took / (run.LastAt - run.StartedAt), 0.9, 1.1);
    }

    [Fact]
    public void Mail_that_will_not_leave_stops_the_drain_of_its_node()
    {
        UpgradePlan plan = new VirtualRig().Plan();
        UpgradeRehearsal rehearsal = new(plan, Times with { StuckMessages = new Dictionary<string, int> { ["gw3"] = 2 } });
        RehearsedRun rehearsed = rehearsal.Run();

        Assert.Equal((UpgradeEnd.NeedsHuman, StepId.Drain, "gw3"), (rehearsed.End, rehearsed.Step, rehearsed.Node));
        Assert.Contains(rehearsed.Options, o => o.Kind == HumanOptionKind.Continue);
    }

    [Fact]
    public void Approvals_are_asked_for_and_given()
    {
        UpgradePlan plan = new VirtualRig(policy: VirtualRig.FastPolicy(3) with { PauseAfter = PausePoint.Each }).Plan();

        RehearsedRun rehearsed = Rehearsal(plan).Run();

        Assert.Equal(UpgradeEnd.Completed, rehearsed.End);
        Assert.Equal(2, rehearsed.Approvals.Count);
        Assert.Contains("gw2", rehearsed.Approvals[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Chance_follows_from_the_seed_and_breaks_no_promise()
    {
        UpgradeRehearsal rehearsal = Rehearsal(new VirtualRig().Plan());
        for (int seed = 1; seed <= 20; seed++)
        {
            IReadOnlyList<RehearsalFault> faults = rehearsal.Choose(seed);
            RehearsedRun run = rehearsal.Run(faults);

            Assert.Equal(faults.Select(f => f.Name), rehearsal.Choose(seed).Select(f => f.Name));
            Assert.True(run.Violations.Count + run.Mail.Lost.Count + run.Mail.Duplicated.Count == 0, $"seed {seed}: {string.Join(", ", run.Faults)}");
            Assert.Equal(run.NeedsSomebody, run.Options.Count > 0);
        }
    }

    [Fact]
    public void What_cannot_be_carried_out_is_not_rehearsed()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Start(plan);

        Assert.Throws<ArgumentException>(() => new UpgradeRehearsal(rig.Plan()));
    }

    public static TheoryData<string> Names() => [.. RehearsalFault.Of("gw2").Select(f => f.Name)];

    private static RehearsalOptions Times { get; } = new()
    {
        InstallTime = new SimulatedClusterOptions().InstallTime,
        RestartTime = new SimulatedClusterOptions().RestartTime,
        SnapshotTime = new SimulatedClusterOptions().SnapshotTime,
    };

    private static UpgradeRehearsal Rehearsal(UpgradePlan plan) => new(plan, Times);
}
