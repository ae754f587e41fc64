using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A gate that says what the test makes it say, and keeps when it was asked for which node.</summary>
internal sealed class ToldGate(string name, Func<string, Task<GateAnswer>> says) : IUpgradeGate
{
    public string Name => name;

    public TimeSpan Patience { get; init; } = TimeSpan.FromHours(1);

    public List<string> Asked { get; } = [];

    public Task<GateAnswer> AskAsync(string node, CancellationToken cancellationToken = default)
    {
        Asked.Add(node);
        return says(node);
    }

    public static Task<GateAnswer> Green { get; } = Task.FromResult(new GateAnswer(true, "all is well"));

    public static Task<GateAnswer> Red { get; } = Task.FromResult(new GateAnswer(false, "17 messages\nwait"));
}
