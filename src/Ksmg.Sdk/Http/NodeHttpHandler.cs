using System.Net;
using System.Net.Security;
using System.Text;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

/// <summary>The socket side of a node: one handler per node for the life of the cluster.</summary>
internal static class NodeHttpHandler
{
    public static SocketsHttpHandler Create(KsmgNodeOptions node, KsmgOptions options)
    {
        SslClientAuthenticationOptions ssl = node.ResolveTrust(options).CreateSslOptions(() => node.OtherFingerprint);
        return new SocketsHttpHandler
        {
            // Cookies, redirects and encodings are the session's business; a management address is reached directly.
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseProxy = false,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            // A node that holds back its verdict on the headers gets the body after this time.
            Expect100ContinueTimeout = TimeSpan.FromSeconds(5),
            SslOptions = ssl,

            // Cookies go back as the bytes that came; the platform reads those of answers as Latin-1 too.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ConnectCallback = GatheringStream.ConnectAsync,
        };
    }
}
