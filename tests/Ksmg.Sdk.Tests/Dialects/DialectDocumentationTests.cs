using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ksmg.Sdk.Tests.Conventions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests.Dialects;

/// <summary>What the documentation shows is what is read.</summary>
public sealed partial class DialectDocumentationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-documented-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_documented_catalogue_lies_over_the_documented_dialect()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "password"), "0123456789abcdef");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "dialect.json"), Blocks("dialects.md").First());
        JsonNode file = JsonNode.Parse(Blocks("wire.md").Single(block => block.Contains("\"Catalogue\"", StringComparison.Ordinal)))!;
        JsonObject ksmg = file["Ksmg"]!.AsObject();
        ksmg["BasePath"] = _folder.FullName;
        ksmg["Nodes"] = new JsonArray(new JsonObject { ["Name"] = "gw1", ["Address"] = "https://10.0.0.1" });
        ksmg["Credentials"] = new JsonObject { ["UserName"] = "Administrator", ["PasswordFile"] = "password" };
        using MemoryStream json = new(Encoding.UTF8.GetBytes(file.ToJsonString()));
        await using ServiceProvider services = new ServiceCollection()
            .AddKsmg(new ConfigurationBuilder().AddJsonStream(json).Build().GetSection("Ksmg")).AddDialects().Services.BuildServiceProvider();

        OperationCatalogue catalogue = OperationCatalogue.Of(services.GetRequiredService<IOptionsMonitor<KsmgOptions>>().CurrentValue);

        Assert.Equal("/web/api/about", Assert.Single(catalogue.Operations["get-about"]).Path);
        Assert.Equal(["/web/api/set-receive", "/web/api/flow/{nodeId}"], catalogue.Operations["set-receiving"].Select(entry => entry.Path));
        Assert.Equal("/web/api/get-cluster-status", Assert.Single(catalogue.Operations["list-nodes"]).Path);
        Assert.True(Assert.Single(catalogue.Operations["get-current-user"]).Missing);
    }

    [Fact]
    public void Every_operation_and_every_argument_stands_in_the_table_of_arguments()
    {
        string table = File.ReadAllText(Repository.PathOf("docs", "wire.md")).Split("## Arguments")[1];
        foreach (string operation in OperationCatalogue.Shipped.Operations.Keys.Where(name => !name.Contains("mta-cert", StringComparison.Ordinal)))
        {
            string row = Assert.Single(
                table.Split('\n'), line => line.Split('|') is [_, var first, ..] && first.Contains($"`{operation}`", StringComparison.Ordinal));
            Assert.All(OperationArguments.Of(operation), argument => Assert.Contains($"`{argument}`", row, StringComparison.Ordinal));
        }
    }

    private static IEnumerable<string> Blocks(string document) =>
        Json().Matches(File.ReadAllText(Repository.PathOf("docs", document))).Select(match => match.Groups["json"].Value);

    [GeneratedRegex("```json\\n(?<json>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Json();
}
