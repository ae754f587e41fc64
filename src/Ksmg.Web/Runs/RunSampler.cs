using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Hosting;

namespace Ksmg.Web;

/// <summary>Looks at the runs that are driven, also while no page is open: who opens it in the night sees the hours before. No node is asked.</summary>
internal sealed class RunSampler(WebClusters clusters, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        do
        {
            foreach (WebCluster cluster in clusters.All)
            {
                try
                {
                    foreach (RunSummary run in (await cluster.ListAsync(stoppingToken).ConfigureAwait(false)).Where(r => r is { End: null, Holder: not null }))
                    {
                        await cluster.See(run.RunId, time).LookAsync(stoppingToken).ConfigureAwait(false);
                    }
                }
                catch (Exception) when (!stoppingToken.IsCancellationRequested)
                {
                    // Whoever opens the page is told. Whatever a store throws: a page ends no host that drives a run.
                }
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }
}
