using System.Text.Json;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The records of a run as far as their chain was verified.</summary>
internal sealed class VerifiedRun(IRunStore store, string runId) : VerifiedRecords<UpgradePlan>(store, runId)
{
    /// <inheritdoc/>
    protected override UpgradePlan ParsePlan(byte[] planFile, JournalRecord first)
    {
        UpgradePlan plan;
        string place = Store.Locate(RunId, JournalRules.PlanFile);
        try
        {
            plan = PlanJson.ReadPlan(planFile);
        }
        catch (JsonException e)
        {
            throw JournalRules.Damage(place, Words.Get("damage.plan", e.Message));
        }

        if (plan.Schema != UpgradePlan.CurrentSchema)
        {
            string how = Words.Get("error.run-format", RunId, plan.Schema, UpgradePlan.CurrentSchema, Store.Locate(RunId));
            throw new RunFormatException(how) { RunId = RunId, Format = plan.Schema, Supported = UpgradePlan.CurrentSchema };
        }

        return first.Entry is { Kind: JournalEntryKind.RunCreated } created
            && created.Values?.GetValueOrDefault(JournalRules.PlanHash) == plan.Hash
            && plan.RunId == RunId
            ? plan
            : throw Damage(OfLine(1, Words.Get("damage.other-plan", place)));
    }
}
