using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Sdk.Tests.Dialects;

/// <summary>Two nodes behind an <see cref="UploadFront"/> that bring updates in by hand, one of them after a package that is deleted again.</summary>
internal static class UploadRecording
{
    /// <param name="folder">Where files go.</param>
    /// <param name="spoken">The dialect of the front.</param>
    public static async Task<(HarBuilder Har, string Password)> CreateAsync(string folder, string spoken)
    {
        HarBuilder har = new();
        VirtualTimeProvider time = new();
        SimulatedCluster cluster = SimulatedCluster.CreateVirtual(
            new SimulatedClusterOptions { Nodes = 2, UploadNaming = UploadNaming.Numbered, PackageBytes = 1 << 16 }, time);
        string zip = Path.Combine(folder, "recorded.zip");
        await cluster.WritePackageAsync(zip);
        string dialect = Path.Combine(folder, "watched.json");
        await File.WriteAllTextAsync(dialect, spoken);
        Dictionary<string, UploadFrontState> states = cluster.Nodes.ToDictionary(n => n.Name, _ => new UploadFrontState());
        using KsmgCluster sdk = new(
            ClientWorld.OptionsOf(cluster, dialect),
            node => new HttpClient(har.Record(new UploadFront(cluster.CreateHandler(node.Name!), states[node.Name!]))),
            NullLoggerFactory.Instance,
            TimeProvider.System);
        bool installs = spoken == UploadFront.Installing;
        await using UpdatePackage package = await UpdatePackage.OpenAsync(zip);
        foreach (KsmgNode node in sdk.Nodes)
        {
            _ = await node.Nodes.ListAsync().ToListAsync();
            await node.Nodes.GetStatusAsync();
            await node.Updates.GetAboutAsync();
            if (installs)
            {
                await node.Updates.ListUploadsAsync();
                await node.Updates.GetStatusAsync();
                await node.Updates.UploadAsync("brought", package.Files[0], acceptsWithoutSha256: false, installs: true, null, default);
            }
            else
            {
                await BringAsync(node.Updates, package.Files[0], deletesFirst: node != sdk.Nodes[0]);
            }

            await node.Updates.GetStatusAsync();
            await node.Updates.ListUploadsAsync();
            time.Advance(TimeSpan.FromSeconds(5));
            await node.Updates.GetStatusAsync();
            time.Advance(TimeSpan.FromMinutes(5));
            await node.Updates.GetAboutAsync();
        }

        return (har, cluster.Options.Password);
    }

    private static async Task BringAsync(UpdatesClient updates, UpdatePackageFile file, bool deletesFirst)
    {
        if (deletesFirst)
        {
            UploadedUpdate first = await updates.UploadAsync("first", file);
            await updates.ListUploadsAsync();
            await updates.DeleteUploadAsync(first.Id);
        }

        UploadedUpdate brought = await updates.UploadAsync("second", file);
        await updates.ListUploadsAsync();
        await updates.StartInstallAsync(brought.Id);
    }
}
