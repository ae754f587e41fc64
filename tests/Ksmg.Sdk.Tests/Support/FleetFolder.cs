using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A folder with a <c>fleet.json</c> and the files of clusters that nobody asks.</summary>
internal sealed class FleetFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-fleet-");
    private int _nodes;

    public string Path => System.IO.Path.Combine(_folder.FullName, "fleet.json");

    public string this[string name] => System.IO.Path.Combine(_folder.FullName, name);

    /// <summary>A cluster with a node or more, below the folder of its name.</summary>
    public FleetFolder Cluster(string folder, string? name = null, int nodes = 1, string policy = "")
    {
        string list = string.Join(", ", Enumerable.Range(1, nodes).Select(i => $$"""{ "Name": "gw{{i}}", "Address": "https://192.0.2.{{++_nodes}}" }"""));
        return Write($"{folder}/cluster.json", $$"""
            { "Ksmg": {
              "Name": "{{name ?? System.IO.Path.GetFileName(folder)}}", "Nodes": [ {{list}} ],
              "Credentials": { "UserName": "Administrator", "PasswordFile": "../password" }, "Policy": { {{policy}} } } }
            """).Write("password", "secret");
    }

    public FleetFolder Fleet(string members) => Write("fleet.json", "{ \"Fleet\": { " + members + " } }");

    public FleetFolder Write(string name, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], text);
        return this;
    }

    public FleetFile Load() => FleetFile.Load(Path);

    public void WritePackage() =>
        File.WriteAllBytes(this["update.zip"], new ZipBuilder().Add(PackageFolder.Ktgz, PackageFolder.Bytes(1000)).Build());

    /// <summary>The plan of the file for a package of one update.</summary>
    public async Task<FleetPlan> PlanAsync(DateTimeOffset now)
    {
        WritePackage();
        await using UpdatePackage package = await UpdatePackage.OpenAsync(this["update.zip"]);
        return await FleetPlanner.PlanAsync(Load(), package, new Standing(now));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private sealed class Standing(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
