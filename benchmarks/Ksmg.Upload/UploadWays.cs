using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Ksmg.Sdk.Benchmarks;

internal delegate Task SendPackage(HttpClient http, Uri url, UpdatePackageFile file);

/// <summary>Ours, and the ways one would write first. Every one of them ends knowing the SHA-256 of what it sent.</summary>
internal static class UploadWays
{
    public static IReadOnlyDictionary<string, SendPackage> All { get; } = new Dictionary<string, SendPackage>
    {
        [nameof(ReadAhead)] = ReadAhead,
        [nameof(Inline)] = Inline,
        [nameof(Continued)] = Continued,
        [nameof(HashingStreamContent)] = HashingStreamContent,
        [nameof(TemporaryFile)] = TemporaryFile,
        [nameof(InMemory)] = InMemory,
    };

    /// <summary>The handler of the product itself.</summary>
    public static HttpClient CreateClient(Uri url, string roots) => new(NodeHttpHandler.Create(
        new KsmgNodeOptions { Name = "node", Address = url, RootsFile = roots }, new KsmgOptions()))
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public static Task ReadAhead(HttpClient http, Uri url, UpdatePackageFile file) =>
        PostAsync(http, url, new PackageUploadContent(file, readAhead: true));

    public static Task Inline(HttpClient http, Uri url, UpdatePackageFile file) =>
        PostAsync(http, url, new PackageUploadContent(file, readAhead: false));

    /// <summary>The last quarter of a package that was verified before.</summary>
    public static Task Continued(HttpClient http, Uri url, UpdatePackageFile file) =>
        PostAsync(http, url, new PackageUploadContent(file, offset: file.SizeBytes / 4 * 3, readAhead: true));

    public static async Task HashingStreamContent(HttpClient http, Uri url, UpdatePackageFile file)
    {
        using SHA256 hash = SHA256.Create();
        await using CryptoStream hashing = new(Raw(file), hash, CryptoStreamMode.Read);
        await PostAsync(http, url, Form(new StreamContent(hashing)));
    }

    public static async Task TemporaryFile(HttpClient http, Uri url, UpdatePackageFile file)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await using FileStream temporary = new(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 4096, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await using (Stream raw = Raw(file))
        {
            await raw.CopyToAsync(temporary);
        }

        temporary.Position = 0;
        await SHA256.HashDataAsync(temporary);
        temporary.Position = 0;
        await PostAsync(http, url, Form(new StreamContent(temporary)));
    }

    public static async Task InMemory(HttpClient http, Uri url, UpdatePackageFile file)
    {
        using MemoryStream memory = new();
        await using (Stream raw = Raw(file))
        {
            await raw.CopyToAsync(memory);
        }

        memory.Position = 0;
        await SHA256.HashDataAsync(memory);
        memory.Position = 0;
        await PostAsync(http, url, Form(new StreamContent(memory)));
    }

    private static async Task PostAsync(HttpClient http, Uri url, HttpContent content)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, url) { Content = content };
        using HttpResponseMessage answer = await http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>The entry as the framework opens it, without any proof.</summary>
    private static Stream Raw(UpdatePackageFile file) => file.Source.Entry is null
        ? File.OpenRead(file.Source.Path)
        : System.IO.Compression.ZipFile.OpenRead(file.Source.Path).GetEntry(file.Source.Entry)!.Open();

    private static MultipartFormDataContent Form(StreamContent stream)
    {
        stream.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return new MultipartFormDataContent { { stream, "file", "package.ktgz" } };
    }
}
