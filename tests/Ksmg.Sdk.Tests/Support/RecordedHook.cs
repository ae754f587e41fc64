using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A hook that keeps what it is called for, and does what the test says.</summary>
internal sealed class RecordedHook(string name, params HookPoint[] points) : IUpgradeHook
{
    public string Name => name;

    public IReadOnlyList<HookPoint> Points { get; } = points.Length == 0 ? Enum.GetValues<HookPoint>() : points;

    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What it does; without it, it succeeds at once.</summary>
    public Func<HookCall, CancellationToken, Task<HookResult>>? Does { get; set; }

    /// <summary>All calls of all hooks of the test, in their order.</summary>
    public List<(string Hook, HookCall Call)> Calls { get; init; } = [];

    public Task<HookResult> RunAsync(HookCall call, CancellationToken cancellationToken = default)
    {
        Calls.Add((name, call));
        return Does?.Invoke(call, cancellationToken) ?? Task.FromResult(new HookResult(true, $"{name} is fine"));
    }

    public static Func<HookCall, CancellationToken, Task<HookResult>> Fails(string output) => (_, _) => Task.FromResult(new HookResult(false, output));
}
