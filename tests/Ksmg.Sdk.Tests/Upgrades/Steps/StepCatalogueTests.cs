using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>What each step asks of its node, and how the run stops where it cannot be brought about.</summary>
public sealed class StepCatalogueTests
{
    /// <summary>Until the installation a node is put back; from then on it is parked. Roles, mail in queues and reverts are a human's.</summary>
    [Theory]
    [InlineData("S0", "Preflight", "Pause")]
    [InlineData("S1", "Basic, User, Arrivals", "PutBack")]
    [InlineData("S2", "Basic, User, Rcpt, Arrivals", "PutBack")]
    [InlineData("S3", "Basic, Queues, QueueReasons", "Human")]
    [InlineData("S4a", "Snapshots", "Pause")]
    [InlineData("S4b", "Snapshots", "PutBack")]
    [InlineData("S5", "SavedConfiguration", "PutBack")]
    [InlineData("S6", "Basic", "Human")]
    [InlineData("S7", "Uploads", "PutBack")]
    [InlineData("S8", "Basic, Queues, Update, Uploads, User", "Park")]
    [InlineData("S9", "Basic, Update", "Park")]
    [InlineData("S10", "Basic", "Park")]
    [InlineData("S11", "Basic", "Human")]
    [InlineData("S12", "RestorableConfiguration", "Park")]
    [InlineData("S13", "Basic, Rcpt", "Park")]
    [InlineData("S14", "Basic, Probe", "Park")]
    [InlineData("S14b", "Basic, User, Rcpt, Arrivals", "PutBack")]
    [InlineData("S15", "Basic, Arrivals", "Park")]
    [InlineData("S16", "Basic", "Pause")]
    [InlineData("S16a", "Basic", "Human")]
    [InlineData("S17", "Basic, NodeList, Arrivals", "Human")]
    [InlineData("R1", "Basic, User, Arrivals", "PutBack")]
    [InlineData("R1b", "Basic, User, Rcpt, Arrivals", "PutBack")]
    [InlineData("R2", "Basic, Queues, Snapshots", "Human")]
    [InlineData("R3", "Basic", "Human")]
    [InlineData("R4a", "Basic", "Human")]
    [InlineData("R4", "Basic", "Human")]
    [InlineData("R4b", "Basic, Uploads", "Human")]
    [InlineData("R5", "Basic", "Human")]
    [InlineData("H1", "None", "Human")]
    [InlineData("H2", "None", "Human")]
    [InlineData("H3", "None", "Human")]
    [InlineData("H4", "None", "Human")]
    public void A_step_looks_at_what_it_needs_and_stops_as_its_place_wants_it(string id, string looksAt, string stops)
    {
        UpgradeStep step = StepCatalogue.Get(new StepId(id));
        Assert.Equal((Enum.Parse<Facets>(looksAt), Enum.Parse<StopKind>(stops)), (step.Facets, step.OnFailure));
    }

    [Fact]
    public void Where_roles_are_passed_on_or_come_back_with_a_snapshot_the_other_nodes_are_asked_at_each_look() => Assert.Equal(
        [StepId.HandOver, StepId.HandBack, StepId.VerifyReverted],
        Procedure.Steps.Select(s => s.Id).Where(id => StepCatalogue.Get(id).LooksAtAllNodes));

    /// <summary>What the hooks themselves do not keep to is added to what they may take together.</summary>
    [Fact]
    public void A_call_may_take_as_long_as_its_step_and_hooks_a_minute_more()
    {
        CutRun run = new("after S0/-");
        foreach (ProcedureStep step in Procedure.Steps)
        {
            PlannedStep planned = Procedure.Plan(run.Plan.Policy, step.Id, null, []);
            TimeSpan grace = step.Id.IsHooks() ? TimeSpan.FromMinutes(1) : TimeSpan.Zero;
            Assert.Equal(planned.Timeout + grace, StepCatalogue.Get(step.Id).CallLimit(planned));
        }
    }
}
