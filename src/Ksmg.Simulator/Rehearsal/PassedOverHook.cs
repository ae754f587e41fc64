using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>Stands for the hooks of a point: a rehearsal changes nothing, so it calls none and goes on as if they had succeeded.</summary>
internal sealed class PassedOverHook(HookPoint point) : IUpgradeHook
{
    public string Name => point.ToString();

    public IReadOnlyList<HookPoint> Points => [point];

    public Task<HookResult> RunAsync(HookCall call, CancellationToken cancellationToken = default) =>
        Task.FromResult(new HookResult(true, Words.Get("rehearsal.no-hook")));
}
