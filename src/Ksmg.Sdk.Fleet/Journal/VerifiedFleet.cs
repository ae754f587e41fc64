using System.Text.Json;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>The records of a fleet as far as their chain was verified.</summary>
internal sealed class VerifiedFleet(IRunStore store, string fleetId) : VerifiedRecords<FleetPlan>(store, fleetId)
{
    /// <inheritdoc/>
    protected override FleetPlan ParsePlan(byte[] planFile, JournalRecord first)
    {
        string place = Store.Locate(RunId, JournalRules.PlanFile);
        FleetPlan plan;
        try
        {
            plan = FleetPlanJson.Read(planFile);
        }
        catch (JsonException e)
        {
            throw JournalRules.Damage(place, e.Message);
        }

        if (plan.Schema != FleetPlan.CurrentSchema)
        {
            string how = Words.Get("fleet.format", RunId, plan.Schema, FleetPlan.CurrentSchema);
            throw new RunFormatException(how) { RunId = RunId, Format = plan.Schema, Supported = FleetPlan.CurrentSchema };
        }

        return first.Entry.Values?.GetValueOrDefault(JournalRules.PlanHash) == plan.Hash && plan.FleetId == RunId
            ? plan
            : throw JournalRules.Damage(place, Words.Get("fleet.not-its-plan"));
    }
}
