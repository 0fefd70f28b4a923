// Written by `crossorigin export --to spring`. Change the policy file and export again.

import java.time.Duration;
import java.util.List;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsConfigurationSource;
import org.springframework.web.cors.UrlBasedCorsConfigurationSource;

@Configuration
public class CrossoriginConfiguration {
    private static CorsConfiguration policy0() {
        CorsConfiguration policy = new CorsConfiguration();
        policy.setAllowedOrigins(List.of("https://app.example"));
        policy.setAllowedOriginPatterns(List.of("https://*.partner.example"));
        policy.setAllowedMethods(List.of("DELETE", "GET", "HEAD", "POST", "PUT"));
        policy.setAllowedHeaders(List.of("content-type", "x-csrf-token"));
        policy.setExposedHeaders(List.of("etag"));
        policy.setMaxAge(Duration.ofSeconds(600));
        policy.setAllowCredentials(true);
        return policy;
    }

    private static CorsConfiguration policy1() {
        CorsConfiguration policy = new CorsConfiguration();
        policy.setAllowedOrigins(List.of("*"));
        policy.setAllowedMethods(List.of("GET", "HEAD", "POST"));
        policy.setMaxAge(Duration.ofSeconds(3600));
        policy.setAllowCredentials(false);
        return policy;
    }

    @Bean
    public CorsConfigurationSource corsConfigurationSource() {
        UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
        source.registerCorsConfiguration("/api/**", policy0());
        source.registerCorsConfiguration("/**", policy1());
        return source;
    }
}
