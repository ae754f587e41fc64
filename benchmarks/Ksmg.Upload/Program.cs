using System.Diagnostics;
using System.Globalization;
using Ksmg.Sdk;
using Ksmg.Sdk.Benchmarks;

return args switch
{
    ["zip", string method, string source, string zip] => Zip.Write(method, source, zip),
    ["send", string way, string file, string url, string roots, string times] => await SendAsync(way, 1, file, new Uri(url), roots, Number(times)),
    ["fan-out", string nodes, string file, string url, string roots, string times] =>
        await SendAsync(nameof(UploadWays.ReadAhead), Number(nodes), file, new Uri(url), roots, Number(times)),
    ["node", string file, string url, string fingerprint, string user, string passwordFile] =>
        await NodeAsync(file, new Uri(url), fingerprint, user, passwordFile),
    _ => Usage(),
};

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

// One line per transfer, the first one cold: processor seconds, seconds, peak memory in MB, allocated MB. To several nodes at once:
// one reading for all of them.
static async Task<int> SendAsync(string way, int nodes, string file, Uri url, string roots, int times)
{
    await using UpdatePackage package = await UpdatePackage.OpenAsync(
        file, new UpdatePackageOptions { From = new BuildNumber(2, 0, 1, 6960), To = new BuildNumber(2, 1, 0, 7854) });
    SendPackage upload = UploadWays.All[way];
    if (way == nameof(UploadWays.Continued))
    {
        await package.VerifyAsync();
    }

    for (int i = 0; i < times; i++)
    {
        HttpClient[] clients = [.. Enumerable.Range(0, nodes).Select(_ => UploadWays.CreateClient(url, roots))];
        package.Files[0].ShareReading(nodes);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long started = TimeProvider.System.GetTimestamp();
        long allocated = GC.GetTotalAllocatedBytes();
        await Task.WhenAll(clients.Select(http => upload(http, url, package.Files[0])));
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        TimeSpan wall = TimeProvider.System.GetElapsedTime(started);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        using Process self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"cpu={cpu.TotalSeconds:0.000} wall={wall.TotalSeconds:0.000} rss={self.PeakWorkingSet64 / 1048576.0:0.0} allocated={allocated / 1e6:0.00}"));
        Array.ForEach(clients, http => http.Dispose());
    }

    return 0;
}

// The whole way of the SDK: trust, login, upload, proof by the node's own SHA-256, and what was uploaded deleted again.
static async Task<int> NodeAsync(string file, Uri url, string fingerprint, string user, string passwordFile)
{
    using KsmgCluster cluster = KsmgCluster.Create(new KsmgOptions
    {
        Nodes = { new KsmgNodeOptions { Name = "node", Address = url, Fingerprint = fingerprint } },
        Credentials = new KsmgCredentials { UserName = user, PasswordFile = passwordFile },
    });
    await using UpdatePackage package = await UpdatePackage.OpenAsync(file);
    UpdatesClient updates = cluster["node"].Updates;
    UploadedUpdate held = await updates.UploadAsync("benchmark-" + Guid.NewGuid().ToString("N"), package.Files[0]);
    Console.WriteLine($"{held.FileName}: {held.ReceivedBytes} bytes, SHA-256 {held.Sha256}, on {url.Authority}");
    await updates.DeleteUploadAsync(held.Id);
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine($"""
        zip stored|deflated FILE.ktgz FILE.zip
        fan-out NODES PACKAGE URL ROOTS.pem TIMES
        send {string.Join('|', UploadWays.All.Keys)} PACKAGE URL ROOTS.pem TIMES
        node PACKAGE URL FINGERPRINT USER PASSWORDFILE
        """);
    return 64;
}
