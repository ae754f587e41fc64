namespace Ksmg.Sdk.Upgrades;

/// <summary>Who approved which gates. A person is known by name, and upper and lower case and blanks in it make no other one.</summary>
internal sealed class Approvals
{
    private readonly Dictionary<StepKey, List<string>> _approvers = [];

    public static bool Hold(IReadOnlyList<string> approvers, string name) =>
        approvers.Any(a => string.Equals(Plain(a), Plain(name), StringComparison.OrdinalIgnoreCase));

    public IReadOnlyList<string> Of(StepKey gate) => _approvers.GetValueOrDefault(gate) ?? [];

    /// <summary>Each person counts once.</summary>
    public void Add(StepKey gate, string by)
    {
        if (!Hold(Of(gate), by))
        {
            _approvers[gate] = [.. Of(gate), by];
        }
    }

    public void Forget(Func<StepKey, bool> which)
    {
        foreach (StepKey gate in _approvers.Keys.Where(which).ToList())
        {
            _approvers.Remove(gate);
        }
    }

    private static string Plain(string name) => string.Concat(name.Where(c => !char.IsWhiteSpace(c)));
}
